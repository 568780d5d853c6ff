// SPDX-License-Identifier: Apache-2.0
#include "report/roofline_section.h"

#include <fmt/format.h>

#include <cmath>

#include "core/units.h"
#include "report/html_parts.h"
#include "report/markup.h"
#include "result/findings.h"

namespace cachebench::report {
namespace {

using result::Roofline;
using result::RooflineCompute;
using result::RooflineResource;
using result::RooflineStage;

constexpr const char* kBase = "/pipeline/roofline";

std::string at(const char* key) {
  return pointer(kBase, key);
}

std::string times(std::optional<double> ratio) {
  return ratio ? fmt::format("{:.2f} times", *ratio) : "-";
}

std::string times_figure(const char* key, std::optional<double> ratio) {
  return ratio ? number_figure(at(key), *ratio, times(ratio)) : "-";
}

std::string long_time(double ns) {
  return format_duration(Nanoseconds{std::llround(ns)});
}

Table stages_table(const Roofline& roofline) {
  Table table{.caption = "Stages, and what each is busy with or waits for",
              .columns = {"Stage", "Resource", "Basis", "Busy", "Of it on a core"},
              .rows = {},
              .word_columns = 3};
  for (std::size_t i = 0; i < roofline.stages.size(); ++i) {
    const RooflineStage& stage = roofline.stages[i];
    const std::string path = pointer(at("stages"), i);
    table.rows.push_back({text_figure("span", path + "/name", stage.name),
                          text_figure("span", path + "/resource", stage.resource), basis_mark(stage.basis),
                          time_figure(path + "/busy_ns", stage.busy_ns),
                          time_figure(path + "/cpu_ns", stage.cpu_ns)});
  }
  return table;
}

Table resources_table(const Roofline& roofline) {
  Table table{.caption = "Resources: the work cannot be done in less than the longest of these",
              .columns = {"Resource", "Basis", "At a time", "Busy", "At least"},
              .rows = {},
              .word_columns = 2};
  for (std::size_t i = 0; i < roofline.resources.size(); ++i) {
    const RooflineResource& resource = roofline.resources[i];
    const std::string path = pointer(at("resources"), i);
    table.rows.push_back(
        {text_figure("span", path + "/name", resource.name), basis_mark(resource.basis),
         number_figure(path + "/units", resource.units, fmt::format("{:.4g}", resource.units)),
         time_figure(path + "/busy_ns", resource.busy_ns),
         number_figure(path + "/least_ns", resource.least_ns(), long_time(resource.least_ns()))});
  }
  return table;
}

std::string per_second(double value, const char* unit) {
  return fmt::format("{:.3g} G{}/s", value / 1e9, unit);
}

Table compute_table(const RooflineCompute& compute) {
  const std::string path = at("compute");
  const auto rate = [&](const char* key, std::optional<double> value, const char* unit) {
    return value ? number_figure(pointer(path, key), *value, per_second(*value, unit)) : std::string("-");
  };
  const std::optional<double> roof = compute.roof_ns();
  return {.caption = "Computing against the peaks",
          .columns = {"", "Reached", "Peak"},
          .rows = {{"Arithmetic", rate("flops_per_second", compute.flops_per_second(), "FLOP"),
                    rate("peak_flops_per_second", compute.peak_flops_per_second, "FLOP")},
                   {"Memory", rate("bytes_per_second", compute.bytes_per_second(), "B"),
                    rate("peak_bytes_per_second", compute.peak_bytes_per_second, "B")},
                   {"Time of the model's calls, and at the peaks",
                    time_figure(pointer(path, "busy_ns"), compute.busy_ns),
                    roof ? number_figure(pointer(path, "roof_ns"), *roof, long_time(*roof)) : "-"}}};
}

/// "cpu cores: 4.00 s of busy time over 2 at a time (measured)".
std::string line_of(const RooflineResource& resource) {
  return fmt::format("{}: {} over {:.4g} at a time, at least {} ({})", resource.name,
                     format_duration(Nanoseconds{resource.busy_ns}), resource.units,
                     long_time(resource.least_ns()), resource.basis);
}

std::string compute_line(const RooflineCompute& compute) {
  const std::optional<double> roof = compute.roof_ns();
  return fmt::format(
      "computing reached {} of {} and {} of {} (peaks {}); first meets {}; {} of calls, {} at the peaks",
      per_second(compute.flops_per_second().value_or(0), "FLOP"),
      per_second(compute.peak_flops_per_second, "FLOP"),
      per_second(compute.bytes_per_second().value_or(0), "B"), per_second(compute.peak_bytes_per_second, "B"),
      compute.basis, compute.limited_by(), format_duration(Nanoseconds{compute.busy_ns}),
      roof ? long_time(*roof) : std::string("-"));
}

std::string head_line(const Roofline& roofline) {
  const RooflineResource* const limit = roofline.limit();
  return fmt::format(
      "Roofline: stages one after the other {}; overlapped at most {}, limited by {}; reached {}, "
      "{} of the bound",
      format_duration(Nanoseconds{roofline.serial_ns()}), times(roofline.speedup_bound()),
      limit != nullptr ? limit->name : "-", times(roofline.speedup_reached()),
      result::format_share(roofline.reached_ratio()));
}

}  // namespace

std::string roofline_card(const result::Pipeline& pipeline) {
  if (!pipeline.roofline) return "";
  const Roofline& roofline = *pipeline.roofline;
  const RooflineResource* const limit = roofline.limit();
  std::string text = fmt::format(
      "<h3>What forbids more: the roofline</h3><p>All stages one after the other take {}. Overlapping them "
      "gains at most {}, which {} sets; {} was reached, {} of the bound.</p>",
      time_figure(at("serial_ns"), roofline.serial_ns()),
      times_figure("speedup_bound", roofline.speedup_bound()),
      limit != nullptr ? text_figure("b", at("limit"), limit->name) : "nothing",
      times_figure("speedup_reached", roofline.speedup_reached()),
      share_figure(at("reached_ratio"), roofline.reached_ratio()));
  text += scrolled(stages_table(roofline)) + scrolled(resources_table(roofline));
  if (roofline.compute) text += scrolled(compute_table(*roofline.compute));
  return card(text);
}

std::string roofline_lines(const result::Pipeline& pipeline) {
  if (!pipeline.roofline) return "";
  const Roofline& roofline = *pipeline.roofline;
  std::string text = "\n" + plain_markdown(head_line(roofline)) + ".\n\n";
  text += "| resource | basis | at a time | busy | at least |\n|---|---|---:|---:|---:|\n";
  for (const RooflineResource& resource : roofline.resources) {
    text += fmt::format("| {} | {} | {:.4g} | {} | {} |\n", plain_markdown(resource.name),
                        plain_markdown(resource.basis), resource.units, result::format_ns(resource.busy_ns),
                        long_time(resource.least_ns()));
  }
  if (roofline.compute) text += "\n" + plain_markdown(compute_line(*roofline.compute)) + ".\n";
  return text;
}

std::string roofline_summary(const result::Pipeline& pipeline) {
  if (!pipeline.roofline) return "";
  const Roofline& roofline = *pipeline.roofline;
  std::string text = "  " + head_line(roofline) + "\n";
  for (const RooflineStage& stage : roofline.stages) {
    text += fmt::format("    stage {}: {}, {} busy, {} of it on a core ({})\n", stage.name, stage.resource,
                        format_duration(Nanoseconds{stage.busy_ns}),
                        format_duration(Nanoseconds{stage.cpu_ns}), stage.basis);
  }
  for (const RooflineResource& resource : roofline.resources) text += "    " + line_of(resource) + "\n";
  if (roofline.compute) text += "    " + compute_line(*roofline.compute) + "\n";
  return text;
}

}  // namespace cachebench::report
