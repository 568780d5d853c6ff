// SPDX-License-Identifier: Apache-2.0
#include "report/trace_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace cachebench::report {
namespace {

// Whole microseconds and three decimals, without a double in between.
std::string microseconds(std::int64_t ns) {
  return fmt::format("{}.{:03}", ns / 1000, ns % 1000);
}

std::string quoted(const char* text) {
  return nlohmann::json(text).dump();
}

// "tier.copy" is of category "tier".
std::string category_of(const char* name) {
  const std::string text(name);
  return nlohmann::json(text.substr(0, text.find('.'))).dump();
}

}  // namespace

std::string trace_events(std::span<const RecordedRange> ranges, std::size_t dropped) {
  std::vector<RecordedRange> sorted(ranges.begin(), ranges.end());
  // A range comes before those it encloses, so that events nest as they are read.
  std::sort(sorted.begin(), sorted.end(), [](const RecordedRange& a, const RecordedRange& b) {
    return a.start_ns != b.start_ns ? a.start_ns < b.start_ns : a.end_ns > b.end_ns;
  });
  const std::int64_t origin = sorted.empty() ? 0 : sorted.front().start_ns;
  std::string out = fmt::format(
      "{{\"displayTimeUnit\":\"ns\",\"otherData\":{{\"dropped_ranges\":{}}},\"traceEvents\":[\n", dropped);
  out += R"({"ph":"M","pid":1,"tid":0,"name":"process_name","args":{"name":"cachebench"}})";
  std::set<std::uint64_t> threads;
  for (const RecordedRange& range : sorted) threads.insert(range.thread);
  for (const std::uint64_t thread : threads) {
    out += fmt::format(
        ",\n{{\"ph\":\"M\",\"pid\":1,\"tid\":{0},\"name\":\"thread_name\",\"args\":{{\"name\":\"thread "
        "{0}\"}}}}",
        thread);
  }
  for (const RecordedRange& range : sorted) {
    out += fmt::format(
        ",\n{{\"ph\":\"X\",\"pid\":1,\"tid\":{},\"cat\":{},\"name\":{},\"ts\":{},\"dur\":{},\"args\":{{"
        "\"payload\":{}}}}}",
        range.thread, category_of(range.name), quoted(range.name), microseconds(range.start_ns - origin),
        microseconds(std::max<std::int64_t>(range.end_ns - range.start_ns, 0)), range.payload);
  }
  return out + "\n]}\n";
}

}  // namespace cachebench::report
