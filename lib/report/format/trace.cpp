// SPDX-License-Identifier: Apache-2.0
// Chrome trace events from a result: its intervals on the decision clock, with hit ratio, evictions and bytes
// held as counters. A sweep shows what each point took, laid end to end: when each ran is not recorded.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/report.h"

namespace cachebench::report {
namespace {

using Json = nlohmann::ordered_json;

std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

/// Events of one process, in the order of their times. Microseconds with three decimals, without a double in
/// between.
class Events {
 public:
  explicit Events(const std::string& process) {
    out_ = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n";
    out_ += fmt::format(R"({{"ph":"M","pid":1,"tid":1,"name":"process_name","args":{{"name":{}}}}})",
                        quoted(process));
  }
  void slice(const std::string& name, std::int64_t start_ns, std::int64_t end_ns, const Json& arguments) {
    out_ +=
        fmt::format(",\n{{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"name\":{},\"ts\":{},\"dur\":{},\"args\":{}}}",
                    quoted(name), microseconds(start_ns),
                    microseconds(std::max<std::int64_t>(end_ns - start_ns, 0)), text_of(arguments));
  }
  void counter(const std::string& name, std::int64_t at_ns, const Json& values) {
    out_ += fmt::format(",\n{{\"ph\":\"C\",\"pid\":1,\"name\":{},\"ts\":{},\"args\":{}}}", quoted(name),
                        microseconds(at_ns), text_of(values));
  }
  [[nodiscard]] std::string finish() && { return out_ + "\n]}\n"; }

 private:
  static std::string microseconds(std::int64_t ns) {
    const std::int64_t whole = std::max<std::int64_t>(ns, 0);
    return fmt::format("{}.{:03}", whole / 1000, whole % 1000);
  }
  static std::string text_of(const Json& json) {
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);
  }
  std::string out_;
};

void add_interval(Events& events, const result::RunResult& result, std::size_t index) {
  const result::SeriesPoint& point = result.series[index];
  const std::int64_t start = index == 0 ? 0 : result.series[index - 1].t_ns;
  events.slice(point.warmup ? "warm-up" : "measured part", start, point.t_ns,
               {{"requests", point.requests},
                {"accesses", point.accesses},
                {"hits", point.hits},
                {"covered", point.covered},
                {"misses", point.misses},
                {"service_ns", point.service_ns}});
  // A counter holds from its event on: what was counted belongs to the interval's start, levels to its end.
  if (const auto ratio = result::ratio_of(point.hits, point.hits + point.misses)) {
    events.counter("hit ratio", start, {{"ratio", *ratio}});
  }
  events.counter("evictions", start, {{"count", point.evictions}});
  for (std::size_t tier = 0; tier < std::min(result.tiers.size(), point.used_bytes.size()); ++tier) {
    events.counter("bytes in " + result.tiers[tier].name, point.t_ns, {{"bytes", point.used_bytes[tier]}});
  }
}

std::string render_trace(const result::RunResult& result) {
  Events events(fmt::format("cachebench {} ({}, decision clock: modelled)", result.name, result.mode));
  if (result.series.empty()) {
    events.slice("run", 0, result.totals.service_ns,
                 {{"accesses", result.totals.accesses}, {"hits", result.totals.hits}});
  }
  for (std::size_t i = 0; i < result.series.size(); ++i) add_interval(events, result, i);
  return std::move(events).finish();
}

std::string render_sweep(const result::SweepResult& sweep) {
  Events events(fmt::format("cachebench {} (points laid end to end, measured)", sweep.name));
  std::int64_t at = 0;
  for (const result::SweepPoint& point : sweep.points) {
    const auto took = static_cast<std::int64_t>(point.seconds * 1e9);
    events.slice(point.name.empty() ? fmt::format("{} {}", point.policy, point.capacity) : point.name, at,
                 at + took,
                 {{"policy", point.policy},
                  {"capacity", point.capacity},
                  {"misses", point.totals.misses},
                  {"status", result::name_of(point.status)}});
    at += took;
  }
  return std::move(events).finish();
}

CACHEBENCH_REGISTER(ReportDescriptor, {.name = "trace",
                                       .extension = "trace.json",
                                       .doc = "Chrome trace events, for Perfetto: intervals and counters",
                                       .render = render_trace,
                                       .render_sweep = render_sweep});

}  // namespace
}  // namespace cachebench::report
