// SPDX-License-Identifier: Apache-2.0
// Every number of a run's document that is a single fact, one row each: `path,value`. Lists of measurements
// (series, latency buckets) stay in the JSON. A sweep is its table, a row per point.
#include <nlohmann/json.hpp>

#include "report/report.h"
#include "result/json.h"
#include "result/sweep_result.h"

namespace cachebench::report {
namespace {

using Json = nlohmann::ordered_json;

void rows_of(const Json& node, const std::string& path, std::string& out) {
  if (node.is_structured()) {
    for (const auto& [key, value] : node.items()) {
      if (key == "series" || key == "buckets") continue;
      rows_of(value, path.empty() ? key : path + "." + key, out);
    }
    return;
  }
  const std::string value =
      node.is_string() ? node.get<std::string>() : node.dump(-1, ' ', false, Json::error_handler_t::replace);
  out += result::csv_field(path) + "," + (node.is_null() ? "" : result::csv_field(value)) + "\n";
}

std::string render_csv(const result::RunResult& result) {
  std::string out = "path,value\n";
  rows_of(result::to_json(result), "", out);
  return out;
}

CACHEBENCH_REGISTER(ReportDescriptor, {.name = "csv",
                                       .extension = "csv",
                                       .doc = "path,value: every single fact of a run; a sweep's table",
                                       .render = render_csv,
                                       .render_sweep = result::to_csv});

}  // namespace
}  // namespace cachebench::report
