// SPDX-License-Identifier: Apache-2.0
// JUnit XML for CI: what a result must hold to be worth quoting, a case each. A sweep has a case per point.
#include "report/junit.h"

#include <fmt/format.h>

#include "report/report.h"
#include "result/json.h"

namespace cachebench::report {
namespace {

using Properties = std::vector<std::pair<std::string, std::string>>;
using result::Status;

Properties totals_of(const result::Totals& totals) {
  Properties list{
      {"accesses", std::to_string(totals.accesses)}, {"hits", std::to_string(totals.hits)},
      {"covered", std::to_string(totals.covered)},   {"misses", std::to_string(totals.misses)},
      {"saved_ns", std::to_string(totals.saved_ns)}, {"service_ns", std::to_string(totals.service_ns)}};
  if (const auto ratio = totals.hit_ratio()) list.emplace_back("hit_ratio", fmt::format("{:.6f}", *ratio));
  return list;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

JunitCase status_case(const result::RunResult& result, const std::string& name) {
  JunitCase item{.classname = name, .name = "the run is complete and valid"};
  if (result.status != Status::kComplete) {
    item.outcome = JunitOutcome::kFailed;
    item.message = fmt::format("{}: {}", result::name_of(result.status), joined(result.reasons));
  }
  return item;
}

JunitCase counts_case(const result::RunResult& result, const std::string& name) {
  JunitCase item{.classname = name, .name = "the counts add up"};
  const std::vector<std::string> broken = result::broken_identities(result);
  if (!broken.empty()) {
    item.outcome = JunitOutcome::kFailed;
    item.message = joined(broken);
  }
  return item;
}

JunitCase bytes_case(const result::RunResult& result, const std::string& name) {
  JunitCase item{.classname = name, .name = "served bytes are those stored"};
  item.properties = {{"verified_bytes", std::to_string(result.totals.verified_bytes)},
                     {"wrong_bytes", std::to_string(result.totals.wrong_bytes)}};
  if (result.totals.wrong_bytes > 0) {
    item.outcome = JunitOutcome::kFailed;
    item.message = fmt::format("{} wrong bytes", result.totals.wrong_bytes);
  } else if (result.totals.verified_bytes == 0) {
    item.outcome = JunitOutcome::kSkipped;
    item.message = "nothing was verified";
  }
  return item;
}

std::string render_junit(const result::RunResult& result) {
  const std::string name = result.name.empty() ? "run" : result.name;
  JunitSuite suite{.name = name,
                   .cases = {status_case(result, name), counts_case(result, name), bytes_case(result, name)},
                   .properties = totals_of(result.totals)};
  suite.properties.emplace_back("trace", result.trace.name);
  suite.properties.emplace_back("mode", result.mode);
  return junit_xml("cachebench run", {suite});
}

std::string render_sweep(const result::SweepResult& sweep) {
  const std::string name = sweep.name.empty() ? "sweep" : sweep.name;
  JunitSuite suite{.name = name, .cases = {}, .properties = {{"trace", sweep.trace.name}}};
  for (const result::SweepPoint& point : sweep.points) {
    JunitCase item{
        .classname = name,
        .name = point.name.empty() ? fmt::format("{} {}", point.policy, point.capacity) : point.name,
        .properties = totals_of(point.totals)};
    if (point.status != Status::kComplete) {
      item.outcome = JunitOutcome::kFailed;
      item.message = fmt::format("{}: {}", result::name_of(point.status), point.reason);
    }
    suite.cases.push_back(std::move(item));
  }
  return junit_xml("cachebench sweep", {suite});
}

CACHEBENCH_REGISTER(ReportDescriptor, {.name = "junit",
                                       .extension = "xml",
                                       .doc = "JUnit XML: what a result must hold, or a case per point",
                                       .render = render_junit,
                                       .render_sweep = render_sweep});

}  // namespace
}  // namespace cachebench::report
