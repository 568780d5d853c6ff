// SPDX-License-Identifier: Apache-2.0
#include "report/gate_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "report/junit.h"
#include "report/markup.h"
#include "result/findings.h"

namespace cachebench::report {
namespace {

using result::GateResult;
using result::GateValue;
using result::MetricVerdict;
using result::Verdict;

constexpr std::size_t kMostMarkdownRows = 40;

// Worst first; those of one verdict as the gate file has them.
std::vector<const MetricVerdict*> by_severity(const GateResult& gate) {
  std::vector<const MetricVerdict*> list;
  for (const Verdict verdict :
       {Verdict::kRegressed, Verdict::kUndecided, Verdict::kImproved, Verdict::kPass}) {
    for (const MetricVerdict& metric : gate.metrics) {
      if (metric.verdict == verdict) list.push_back(&metric);
    }
  }
  return list;
}

std::size_t count_of(const GateResult& gate, Verdict verdict) {
  return static_cast<std::size_t>(
      std::count_if(gate.metrics.begin(), gate.metrics.end(),
                    [verdict](const MetricVerdict& metric) { return metric.verdict == verdict; }));
}

std::string summary(const GateResult& gate) {
  std::string text;
  for (const Verdict verdict :
       {Verdict::kRegressed, Verdict::kUndecided, Verdict::kImproved, Verdict::kPass}) {
    const std::size_t count = count_of(gate, verdict);
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", result::format_count(count), name_of(verdict));
  }
  return text;
}

std::string value_text(const GateValue& value) {
  if (!value.number) return value.text.empty() ? "–" : value.text.substr(0, 24);
  const double number = *value.number;
  const bool count = number >= 0 && number < 1e15 && number == std::trunc(number);
  return count ? result::format_count(static_cast<std::uint64_t>(number)) : fmt::format("{:.6g}", number);
}

std::string full_path(const MetricVerdict& metric) {
  return metric.file.empty() ? metric.path : metric.file + ": " + metric.path;
}

// Columns as wide as their widest cell; figures to the right. Counts code points, not bytes.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

enum class Align : std::uint8_t { kLeft, kRight };

std::string padded(const std::string& text, std::size_t width, Align align) {
  const std::string blanks(width - std::min(width, width_of(text)), ' ');
  return align == Align::kRight ? blanks + text : text + blanks;
}

}  // namespace

std::string gate_table(const GateResult& gate) {
  std::vector<std::vector<std::string>> rows{{"verdict", "metric", "baseline", "candidate", "reason"}};
  for (const MetricVerdict* metric : by_severity(gate)) {
    rows.push_back({name_of(metric->verdict), full_path(*metric), value_text(metric->baseline),
                    value_text(metric->candidate), metric->reason});
  }
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i)
      text += padded(row[i], widths[i], i >= 2 ? Align::kRight : Align::kLeft) + "  ";
    text += row.back() + "\n";
  }
  return text + fmt::format("gate: {} ({})\n", name_of(gate.verdict), summary(gate));
}

std::string gate_markdown(const GateResult& gate) {
  std::string text = fmt::format("## Gate: {}\n\n{}.\n", name_of(gate.verdict), summary(gate));
  const bool quiet = gate.verdict == Verdict::kPass;
  std::size_t rows = 0;
  std::string table = "\n| verdict | metric | baseline | candidate | reason |\n|---|---|---:|---:|---|\n";
  for (const MetricVerdict* metric : by_severity(gate)) {
    if (metric->verdict == Verdict::kPass && !quiet) continue;
    if (++rows > kMostMarkdownRows) continue;
    table += fmt::format("| {} | {} | {} | {} | {} |\n", name_of(metric->verdict),
                         plain_markdown(full_path(*metric)), plain_markdown(value_text(metric->baseline)),
                         plain_markdown(value_text(metric->candidate)), plain_markdown(metric->reason));
  }
  text += table;
  if (rows > kMostMarkdownRows) text += fmt::format("\nand {} more.\n", rows - kMostMarkdownRows);
  return text;
}

std::string gate_junit(const GateResult& gate) {
  std::vector<JunitSuite> suites;
  for (const MetricVerdict& metric : gate.metrics) {
    const std::string name = metric.file.empty() ? "gate" : metric.file;
    if (suites.empty() || suites.back().name != name) suites.push_back({.name = name, .cases = {}});
    JunitCase item{.classname = "gate." + name, .name = metric.path};
    if (metric.verdict == Verdict::kRegressed) item.outcome = JunitOutcome::kFailed;
    if (metric.verdict == Verdict::kUndecided) item.outcome = JunitOutcome::kSkipped;
    item.message = metric.reason;
    item.properties = {{"verdict", name_of(metric.verdict)},     {"sort", name_of(metric.sort)},
                       {"direction", name_of(metric.direction)}, {"baseline", metric.baseline.text},
                       {"candidate", metric.candidate.text},     {"reason", metric.reason}};
    suites.back().cases.push_back(std::move(item));
  }
  return junit_xml("cachebench gate", suites);
}

}  // namespace cachebench::report
