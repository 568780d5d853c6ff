// SPDX-License-Identifier: Apache-2.0
#include "result/gate_baseline.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "result/compare_setup.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

void forget_machine(Json& document) {
  Json manifest = Json::object();
  for (const char* key : {"seed", "profile", "geometry", "limit"}) {
    const bool plain = document["manifest"].contains(key) && !document["manifest"][key].is_structured();
    if (plain) manifest[key] = document["manifest"][key];
  }
  document["manifest"] = std::move(manifest);
  if (!document.contains("config") || !document["config"].is_object()) return;
  Json& config = document["config"];
  for (const char* path : {"/trace/path", "/cache/directory", "/output"}) {
    const Json::json_pointer at(path);
    if (config.contains(at)) config[at] = "";
  }
}

void forget_clock(Json& totals) {
  totals["elapsed_ns"] = 0;
  totals["accesses_per_second"] = nullptr;
}

void forget_measured_latency(Json& document) {
  if (!document.contains("latency")) return;
  Json kept = Json::object();
  for (const auto& [name, summary] : document["latency"].items()) {
    if (summary["basis"] != "modelled") continue;
    kept[name] = summary;
    kept[name]["buckets"] = Json::array();
  }
  document["latency"] = std::move(kept);
}

}  // namespace

Json baseline_of(const Json& document, const std::string& file) {
  require_result(document, file);
  Json kept = document;
  for (const char* key : {"findings", "notes", "warnings", "series", "model_check", "model_check_overall",
                          "model_check_tiers"}) {
    kept.erase(key);
  }
  forget_machine(kept);
  forget_measured_latency(kept);
  if (kept.contains("totals")) {
    forget_clock(kept["totals"]);
    kept["null_reasons"]["totals.accesses_per_second"] = "left out of a baseline";
  }
  if (kept.contains("warmup")) kept["warmup"]["elapsed_ns"] = 0;
  if (kept.contains("points")) {
    for (Json& point : kept["points"]) {
      point["seconds"] = 0;
      if (point.contains("result")) forget_clock(point["result"]);
    }
  }
  return kept;
}

}  // namespace cachebench::result
