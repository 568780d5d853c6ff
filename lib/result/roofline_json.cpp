// SPDX-License-Identifier: Apache-2.0
#include "result/roofline_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "result/totals_json.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

Json compute_to_json(const RooflineCompute& compute) {
  return {{"basis", compute.basis},
          {"flops", compute.flops},
          {"bytes", compute.bytes},
          {"busy_ns", compute.busy_ns},
          {"peak_flops_per_second", compute.peak_flops_per_second},
          {"peak_bytes_per_second", compute.peak_bytes_per_second},
          {"flops_per_second", number_or_null(compute.flops_per_second())},
          {"bytes_per_second", number_or_null(compute.bytes_per_second())},
          {"roof_ns", number_or_null(compute.roof_ns())},
          {"limited_by", compute.limited_by()}};
}

RooflineCompute compute_from_json(const JsonReader& reader) {
  return {.basis = reader.text("basis"),
          .flops = reader.count("flops"),
          .bytes = reader.count("bytes"),
          .busy_ns = reader.integer("busy_ns"),
          .peak_flops_per_second = reader.number("peak_flops_per_second"),
          .peak_bytes_per_second = reader.number("peak_bytes_per_second")};
}

}  // namespace

std::optional<double> RooflineCompute::flops_per_second() const {
  return quotient(static_cast<double>(flops) * 1e9, static_cast<double>(busy_ns));
}

std::optional<double> RooflineCompute::bytes_per_second() const {
  return quotient(static_cast<double>(bytes) * 1e9, static_cast<double>(busy_ns));
}

std::optional<double> RooflineCompute::roof_ns() const {
  const auto arithmetic = quotient(static_cast<double>(flops) * 1e9, peak_flops_per_second);
  const auto memory = quotient(static_cast<double>(bytes) * 1e9, peak_bytes_per_second);
  if (!arithmetic || !memory) return std::nullopt;
  return std::max(*arithmetic, *memory);
}

const char* RooflineCompute::limited_by() const {
  // flops / peak_flops against bytes / peak_bytes, without dividing.
  const double arithmetic = static_cast<double>(flops) * peak_bytes_per_second;
  const double memory = static_cast<double>(bytes) * peak_flops_per_second;
  return arithmetic >= memory ? "arithmetic" : "memory";
}

std::int64_t Roofline::serial_ns() const {
  std::int64_t sum = 0;
  for (const RooflineStage& stage : stages) sum += stage.busy_ns;
  return sum;
}

const RooflineResource* Roofline::limit() const {
  const RooflineResource* busiest = nullptr;
  for (const RooflineResource& resource : resources) {
    if (resource.basis == "modelled" || resource.least_ns() <= 0) continue;
    if (busiest == nullptr || resource.least_ns() > busiest->least_ns()) busiest = &resource;
  }
  return busiest;
}

std::optional<double> Roofline::speedup_bound() const {
  const RooflineResource* const busiest = limit();
  if (busiest == nullptr) return std::nullopt;
  return quotient(static_cast<double>(serial_ns()), busiest->least_ns());
}

std::optional<double> Roofline::speedup_reached() const {
  return quotient(static_cast<double>(serial_ns()), static_cast<double>(elapsed_ns));
}

std::optional<double> Roofline::reached_ratio() const {
  const RooflineResource* const busiest = limit();
  if (busiest == nullptr) return std::nullopt;
  return quotient(busiest->least_ns(), static_cast<double>(elapsed_ns));
}

Json roofline_to_json(const Roofline& roofline) {
  Json stages = Json::array();
  for (const RooflineStage& stage : roofline.stages) {
    stages.push_back({{"name", stage.name},
                      {"resource", stage.resource},
                      {"basis", stage.basis},
                      {"busy_ns", stage.busy_ns},
                      {"cpu_ns", stage.cpu_ns}});
  }
  Json resources = Json::array();
  for (const RooflineResource& resource : roofline.resources) {
    resources.push_back({{"name", resource.name},
                         {"basis", resource.basis},
                         {"units", resource.units},
                         {"busy_ns", resource.busy_ns},
                         {"least_ns", resource.least_ns()}});
  }
  const RooflineResource* const busiest = roofline.limit();
  return {{"elapsed_ns", roofline.elapsed_ns},
          {"serial_ns", roofline.serial_ns()},
          {"limit", busiest != nullptr ? Json(busiest->name) : Json(nullptr)},
          {"speedup_bound", number_or_null(roofline.speedup_bound())},
          {"speedup_reached", number_or_null(roofline.speedup_reached())},
          {"reached_ratio", number_or_null(roofline.reached_ratio())},
          {"stages", std::move(stages)},
          {"resources", std::move(resources)},
          {"compute", roofline.compute ? compute_to_json(*roofline.compute) : Json(nullptr)}};
}

Roofline roofline_from_json(const JsonReader& reader) {
  Roofline roofline{.elapsed_ns = reader.integer("elapsed_ns")};
  reader.each("stages", [&](const JsonReader& item) {
    roofline.stages.push_back({.name = item.text("name"),
                               .resource = item.text("resource"),
                               .basis = item.text("basis"),
                               .busy_ns = item.integer("busy_ns"),
                               .cpu_ns = item.integer("cpu_ns")});
  });
  reader.each("resources", [&](const JsonReader& item) {
    roofline.resources.push_back({.name = item.text("name"),
                                  .basis = item.text("basis"),
                                  .units = item.number("units"),
                                  .busy_ns = item.integer("busy_ns")});
  });
  if (reader.has("compute")) roofline.compute = compute_from_json(reader.object("compute"));
  return roofline;
}

}  // namespace cachebench::result
