// SPDX-License-Identifier: Apache-2.0
#include "result/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/nearest.h"
#include "result/compare_setup.h"
#include "result/json_paths.h"
#include "result/json_reader.h"
#include "result/totals_json.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kPairsForVerdict = 20;

GateValue value_of(const Json* value) {
  if (value == nullptr || value->is_null()) return {.number = {}, .text = ""};
  if (value->is_string()) return {.number = {}, .text = value->get<std::string>()};
  GateValue shown{.number = {}, .text = value->dump(-1, ' ', false, Json::error_handler_t::replace)};
  if (value->is_number()) shown.number = value->get<double>();
  return shown;
}

std::string number_text(double value) {
  return std::abs(value) < 1e15 && value == std::trunc(value) ? fmt::format("{:.0f}", value)
                                                              : fmt::format("{:.6g}", value);
}

/// How far a value may stray, and in words.
double allowance_of(const GateRule& rule, double baseline) {
  return std::max(rule.tolerance_ratio * std::abs(baseline), rule.tolerance_absolute);
}

std::string allowed_text(const GateRule& rule, double allowance) {
  if (allowance == 0) return "none is allowed";
  const bool by_ratio = rule.tolerance_ratio > 0 && allowance > rule.tolerance_absolute;
  return by_ratio ? fmt::format("{} allowed ({:.6g}%)", number_text(allowance), rule.tolerance_ratio * 100)
                  : fmt::format("{} allowed", number_text(allowance));
}

struct Judgement {
  Verdict verdict = Verdict::kPass;
  std::string reason;
};

// A limit on the value itself, whatever the baseline's. Empty reason: kept.
Judgement held_to_limits(const GateRule& rule, const GateValue& candidate) {
  if (!candidate.number) return {};
  if (rule.min && *candidate.number < *rule.min) {
    return {Verdict::kRegressed, fmt::format("below the limit of {}", number_text(*rule.min))};
  }
  if (rule.max && *candidate.number > *rule.max) {
    return {Verdict::kRegressed, fmt::format("above the limit of {}", number_text(*rule.max))};
  }
  return {};
}

Judgement judge_numbers(const GateRule& rule, double baseline, double candidate) {
  if (baseline == candidate) return {Verdict::kPass, "equal"};
  const double more = candidate - baseline;
  const double allowance = allowance_of(rule, baseline);
  std::string text = fmt::format("{} {}", number_text(std::abs(more)), more > 0 ? "more" : "less");
  if (baseline != 0) text += fmt::format(" ({:+.3g}%)", 100.0 * more / std::abs(baseline));
  if (std::abs(more) <= allowance) return {Verdict::kPass, text + ", within the tolerance"};
  if (rule.direction == Direction::kEqual) {
    return {Verdict::kRegressed, fmt::format("{}, must be equal: {}", text, allowed_text(rule, allowance))};
  }
  const bool better = (more < 0) == (rule.direction == Direction::kLower);
  if (better) return {Verdict::kImproved, text};
  return {Verdict::kRegressed,
          fmt::format("{}, {} is better: {}", text, name_of(rule.direction), allowed_text(rule, allowance))};
}

Judgement judge_values(const GateRule& rule, const GateValue& baseline, const GateValue& candidate) {
  const Judgement limits = held_to_limits(rule, candidate);
  if (!limits.reason.empty()) return limits;
  if (baseline.number && candidate.number) return judge_numbers(rule, *baseline.number, *candidate.number);
  if (baseline.text == candidate.text) {
    return {Verdict::kPass, baseline.text.empty() ? "no value on either side" : "equal"};
  }
  if (baseline.text.empty()) return {Verdict::kUndecided, "the baseline has no value"};
  if (candidate.text.empty()) return {Verdict::kUndecided, "the candidate has no value"};
  return {Verdict::kRegressed, "differs, must be equal"};
}

Judgement judge_measured(const GateRule& rule, const GateValue& candidate) {
  const Judgement limits = held_to_limits(rule, candidate);
  if (!limits.reason.empty()) return limits;
  return {Verdict::kUndecided,
          fmt::format("measured once on each side, which bears no verdict: it takes {} pairs of runs or more",
                      kPairsForVerdict)};
}

/// A document with its leaves, and what they are called.
struct Document {
  std::string file;
  const Json* json = nullptr;
  std::vector<Leaf> leaves;
};

// What a clock said in one kind of run, the cost model computes in another: the basis beside a value tells.
bool is_modelled(const Document& document, const Leaf& leaf) {
  const Json* node = document.json;
  for (std::size_t i = 0; i + 1 < leaf.steps.size(); ++i) {
    node = node->is_array() ? &node->at(std::stoul(leaf.steps[i].key)) : &node->at(leaf.steps[i].key);
  }
  return node->is_object() && node->contains("basis") && node->at("basis") == "modelled";
}

bool fits(const GateRule& rule, const PathPattern& pattern, const Leaf& leaf) {
  // A glob over numbers passes names by; a path written out is taken at its word.
  const bool comparable = rule.direction == Direction::kEqual || !leaf.value->is_string();
  return pattern.matches(leaf.steps) && (comparable || pattern.is_plain());
}

[[noreturn]] void complain_unmatched(const GateSpec& spec, std::size_t index, const Document& document) {
  std::vector<std::string> known;
  for (const Leaf& leaf : document.leaves) known.push_back(leaf.path());
  const std::string near = nearest_name(spec.metrics[index].path, known);
  throw Error(ErrorKind::kInput, fmt::format("{}: metrics[{}]: path '{}' matches no value in {}{}", spec.file,
                                             index, spec.metrics[index].path, document.file,
                                             near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

class PairJudge {
 public:
  PairJudge(const GateSpec& spec, const GatePair& pair)
      : spec_(spec),
        name_(pair.name),
        baseline_{pair.baseline_file, pair.baseline, leaves_of(*pair.baseline)},
        candidate_{pair.candidate_file, pair.candidate, leaves_of(*pair.candidate)} {}

  std::vector<MetricVerdict> metrics() {
    for (std::size_t i = 0; i < spec_.metrics.size(); ++i) rule(i);
    return std::move(metrics_);
  }

 private:
  void rule(std::size_t index) {
    const GateRule& rule = spec_.metrics[index];
    const PathPattern pattern(rule.path);
    const auto matched = [&](const Document& document) {
      std::vector<const Leaf*> list;
      for (const Leaf& leaf : document.leaves) {
        if (fits(rule, pattern, leaf)) list.push_back(&leaf);
      }
      if (list.empty()) complain_unmatched(spec_, index, document);
      return list;
    };
    const std::vector<const Leaf*> before = matched(baseline_);
    std::vector<const Leaf*> after = matched(candidate_);
    for (const Leaf* leaf : before) {
      const std::string path = leaf->path();
      const auto other =
          std::find_if(after.begin(), after.end(), [&](const Leaf* item) { return item->path() == path; });
      if (other == after.end()) {
        one_sided(rule, *leaf, nullptr);
      } else {
        both(rule, *leaf, **other);
        after.erase(other);
      }
    }
    for (const Leaf* leaf : after) one_sided(rule, *leaf, leaf);
  }

  void both(const GateRule& rule, const Leaf& before, const Leaf& after) {
    const bool text = rule.direction != Direction::kEqual && before.value->is_string();
    if (text) {
      throw Error(ErrorKind::kUsage, fmt::format("{}: '{}' is not a number: its direction can only be equal",
                                                 spec_.file, before.path()));
    }
    MetricVerdict metric = start(rule, before);
    metric.baseline = value_of(before.value);
    metric.candidate = value_of(after.value);
    if (metric.baseline.number && metric.candidate.number && *metric.baseline.number != 0) {
      metric.ratio = *metric.candidate.number / *metric.baseline.number;
    }
    const bool by_rule = rule.sort == MetricSort::kDeterministic ||
                         (is_modelled(baseline_, before) && is_modelled(candidate_, after));
    const Judgement judgement = by_rule ? judge_values(rule, metric.baseline, metric.candidate)
                                        : judge_measured(rule, metric.candidate);
    metric.verdict = judgement.verdict;
    metric.reason = judgement.reason;
    if (by_rule && rule.sort == MetricSort::kMeasured) metric.reason += " (modelled here, so exact)";
    metrics_.push_back(std::move(metric));
  }

  // A value that one side alone has: a tier more, a kind that no longer occurs.
  void one_sided(const GateRule& rule, const Leaf& leaf, const Leaf* candidate) {
    MetricVerdict metric = start(rule, leaf);
    (candidate != nullptr ? metric.candidate : metric.baseline) = value_of(leaf.value);
    metric.verdict = rule.direction == Direction::kEqual ? Verdict::kRegressed : Verdict::kUndecided;
    metric.reason =
        candidate != nullptr ? "the baseline has no such value" : "the candidate has no such value";
    metrics_.push_back(std::move(metric));
  }

  [[nodiscard]] MetricVerdict start(const GateRule& rule, const Leaf& leaf) const {
    return {.file = name_,
            .path = leaf.path(),
            .sort = rule.sort,
            .direction = rule.direction,
            .verdict = Verdict::kPass,
            .reason = "",
            .baseline = {},
            .candidate = {},
            .ratio = {}};
  }

  const GateSpec& spec_;
  std::string name_;
  Document baseline_;
  Document candidate_;
  std::vector<MetricVerdict> metrics_;
};

void require_complete(const Json& document, const std::string& file) {
  const std::string status = JsonReader(document, file).text("status");
  if (status == "complete") return;
  throw Error(ErrorKind::kInput,
              fmt::format("{}: the result is {}, which bears no verdict: run it to its end", file, status));
}

void require_comparable(const GatePair& pair) {
  require_complete(*pair.baseline, pair.baseline_file);
  require_complete(*pair.candidate, pair.candidate_file);
  std::string text;
  for (const std::string& line : setup_differences(*pair.baseline, *pair.candidate)) {
    text += (text.empty() ? "" : "; ") + line;
  }
  if (text.empty()) return;
  throw Error(ErrorKind::kInput, fmt::format("{}: cannot be compared with {}: {}", pair.candidate_file,
                                             pair.baseline_file, text));
}

Json value_to_json(const GateValue& value) {
  if (value.number) {
    const double number = *value.number;
    const bool whole = number == std::trunc(number) && std::abs(number) < 9007199254740992.0;
    return whole ? Json(static_cast<std::int64_t>(number)) : Json(number);
  }
  return value.text.empty() ? Json(nullptr) : Json(value.text);
}

Json metric_to_json(const MetricVerdict& metric) {
  Json json;
  if (!metric.file.empty()) json["file"] = metric.file;
  json["path"] = metric.path;
  json["sort"] = name_of(metric.sort);
  json["direction"] = name_of(metric.direction);
  json["verdict"] = name_of(metric.verdict);
  json["reason"] = metric.reason;
  json["baseline"] = value_to_json(metric.baseline);
  json["candidate"] = value_to_json(metric.candidate);
  json["ratio"] = number_or_null(metric.ratio);
  json["interval"] = nullptr;
  if (metric.interval) json["interval"] = {metric.interval->first, metric.interval->second};
  json["pairs"] = metric.pairs;
  return json;
}

}  // namespace

const char* name_of(MetricSort sort) {
  return sort == MetricSort::kDeterministic ? "deterministic" : "measured";
}

const char* name_of(Direction direction) {
  switch (direction) {
    case Direction::kLower:
      return "lower";
    case Direction::kHigher:
      return "higher";
    case Direction::kEqual:
      break;
  }
  return "equal";
}

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kImproved:
      return "improved";
    case Verdict::kRegressed:
      return "regressed";
    case Verdict::kUndecided:
      break;
  }
  return "undecided";
}

Verdict overall(const std::vector<MetricVerdict>& metrics) {
  for (const Verdict worst : {Verdict::kRegressed, Verdict::kUndecided, Verdict::kImproved}) {
    for (const MetricVerdict& metric : metrics) {
      if (metric.verdict == worst) return worst;
    }
  }
  return Verdict::kPass;
}

GateResult judge(const GateSpec& spec, const std::vector<GatePair>& pairs) {
  GateResult gate;
  for (const GatePair& pair : pairs) {
    require_comparable(pair);
    std::vector<MetricVerdict> metrics = PairJudge(spec, pair).metrics();
    std::move(metrics.begin(), metrics.end(), std::back_inserter(gate.metrics));
  }
  gate.verdict = overall(gate.metrics);
  return gate;
}

Json to_json(const GateResult& gate) {
  Json metrics = Json::array();
  for (const MetricVerdict& metric : gate.metrics) metrics.push_back(metric_to_json(metric));
  return {{"schema", "cachebench/gate"},
          {"schema_version", "1.0"},
          {"verdict", name_of(gate.verdict)},
          {"metrics", std::move(metrics)}};
}

}  // namespace cachebench::result
