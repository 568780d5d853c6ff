// SPDX-License-Identifier: Apache-2.0
#include "result/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "core/check.h"
#include "core/error.h"
#include "result/compare_setup.h"
#include "result/json_paths.h"
#include "result/totals_json.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

// What is no figure of the result, or follows from its points.
const std::vector<std::string_view> kSkipped{
    "config",           "manifest",       "series", "buckets", "null_reasons", "findings",
    "warnings",         "counts",         "notes",  "reasons", "ranking",      "pareto",
    "candidate_kinds",  "heat_map",       "curves", "best",    "margin",       "axes",
    "best_by_capacity", "recommendation", "points", "seed"};

struct Quantile {
  const char* key;
  double share;
};
constexpr Quantile kQuantiles[] = {{"p50_ns", 0.5}, {"p90_ns", 0.9}, {"p99_ns", 0.99}, {"p999_ns", 0.999}};

/// The numbers of one document by path, in its order.
class Numbers {
 public:
  explicit Numbers(const Json& document) {
    add(document, "");
    if (!document.contains("points") || !document["points"].is_array()) return;
    for (const Json& point : document["points"]) add(point, fresh_name(point));
  }
  [[nodiscard]] const std::vector<std::string>& order() const { return order_; }
  [[nodiscard]] const double* find(const std::string& path) const {
    const auto found = values_.find(path);
    return found == values_.end() ? nullptr : &found->second;
  }

 private:
  void add(const Json& node, const std::string& prefix) {
    for (const Leaf& leaf : leaves_of(node, kSkipped)) {
      if (!leaf.value->is_number()) continue;
      std::string path = prefix + leaf.path();
      if (values_.emplace(path, leaf.value->get<double>()).second) order_.push_back(std::move(path));
    }
  }
  // What a point sets tells it from the others; equal ones are numbered.
  std::string fresh_name(const Json& point) {
    std::string name = point.value("name", std::string());
    if (name.empty()) {
      name = fmt::format("{}/{}", point.value("policy", std::string()),
                         point.value("capacity", std::uint64_t{0}));
    }
    if (point.contains("seed") && point["seed"].is_number())
      name += fmt::format("/seed {}", point["seed"].dump());
    const std::size_t again = ++seen_[name];
    return fmt::format("points.{}{}.", name, again > 1 ? fmt::format("#{}", again) : "");
  }

  std::vector<std::string> order_;
  std::map<std::string, double> values_;
  std::map<std::string, std::size_t> seen_;
};

/// All repeats of a side.
struct SideNumbers {
  std::string name;
  const Json* first = nullptr;
  std::vector<Numbers> repeats;

  [[nodiscard]] std::vector<double> values(const std::string& path) const {
    std::vector<double> list;
    for (const Numbers& numbers : repeats) {
      if (const double* value = numbers.find(path)) list.push_back(*value);
    }
    return list;
  }
};

SideNumbers numbers_of(const CompareSide& side) {
  SideNumbers numbers{.name = side.name, .first = side.documents.front(), .repeats = {}};
  for (const Json* document : side.documents) numbers.repeats.emplace_back(*document);
  return numbers;
}

Buckets buckets_of(const Json& summary) {
  Buckets buckets;
  for (const Json& pair : summary.value("buckets", Json::array())) {
    buckets.emplace_back(pair.at(0).get<std::int64_t>(), pair.at(1).get<std::uint64_t>());
  }
  return buckets;
}

// The summary of a latency that a clock took, where `path` is one of its quantiles.
const Json* clocked_summary(const Json& document, const std::string& path, const Quantile& quantile) {
  const std::string prefix = "latency.";
  const std::string suffix = fmt::format(".{}", quantile.key);
  if (!path.starts_with(prefix) || !path.ends_with(suffix)) return nullptr;
  const std::string stage = path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
  if (!document.contains("latency") || !document["latency"].contains(stage)) return nullptr;
  const Json& summary = document["latency"][stage];
  return summary.value("basis", std::string()) == "modelled" ? nullptr : &summary;
}

void add_interval(CompareRow& row, const SideNumbers& a, const SideNumbers& b) {
  const std::vector<double> left = a.values(row.path);
  const std::vector<double> right = b.values(row.path);
  const auto varies = [](const std::vector<double>& list) {
    return std::any_of(list.begin(), list.end(), [&](double value) { return value != list.front(); });
  };
  if (varies(left) || varies(right)) {
    row.interval = ratio_of_medians(left, right);
    if (row.interval) row.basis = fmt::format("{} and {} repeats, order unknown", left.size(), right.size());
    return;
  }
  for (const Quantile& quantile : kQuantiles) {
    const Json* before = clocked_summary(*a.first, row.path, quantile);
    const Json* after = clocked_summary(*b.first, row.path, quantile);
    if (before == nullptr || after == nullptr) continue;
    row.interval = ratio_of_quantiles(buckets_of(*before), buckets_of(*after), quantile.share);
    if (row.interval) row.basis = "histogram of one run each: spread between runs not included";
  }
}

// What a clock said once on each side: a difference that may be noise.
bool is_clocked(const std::string& path) {
  constexpr std::string_view kClocked[] = {"elapsed_ns", "accesses_per_second", "seconds", "measured_ns"};
  return std::any_of(std::begin(kClocked), std::end(kClocked), [&](std::string_view key) {
    return path == key || path.ends_with(fmt::format(".{}", key));
  });
}

void add_rows(const SideNumbers& a, const SideNumbers& b, Comparison& comparison) {
  for (const std::string& path : a.repeats.front().order()) {
    const double* other = b.repeats.front().find(path);
    if (other == nullptr) {
      comparison.unmatched.push_back(fmt::format("{}: {}", a.name, path));
      continue;
    }
    CompareRow row{
        .path = path, .other = b.name, .a = median_of(a.values(path)), .b = median_of(b.values(path))};
    if (row.a != 0) row.ratio = row.b / row.a;
    add_interval(row, a, b);
    if (!row.interval && is_clocked(path)) row.basis = "measured, too few repeats for an interval";
    comparison.rows.push_back(std::move(row));
  }
  for (const std::string& path : b.repeats.front().order()) {
    if (a.repeats.front().find(path) == nullptr) {
      comparison.unmatched.push_back(fmt::format("{}: {}", b.name, path));
    }
  }
}

/// Points that differ in their seed alone, as pairs: what holds over seeds.
struct SeedPairs {
  std::vector<double> a;
  std::vector<double> b;
};

void add_seed_rows(const SideNumbers& a, const SideNumbers& b, Comparison& comparison) {
  std::vector<std::string> order;
  std::map<std::string, SeedPairs> groups;
  for (const std::string& path : a.repeats.front().order()) {
    const std::size_t seed = path.find("/seed ");
    const double* other = b.repeats.front().find(path);
    if (!path.starts_with("points.") || seed == std::string::npos || other == nullptr) continue;
    const std::string name = path.substr(0, seed) + "/all seeds" + path.substr(path.find('.', seed));
    if (!groups.contains(name)) order.push_back(name);
    groups[name].a.push_back(*a.repeats.front().find(path));
    groups[name].b.push_back(*other);
  }
  for (const std::string& name : order) {
    const SeedPairs& pairs = groups[name];
    if (pairs.a.size() < 2) continue;
    CompareRow row{.path = name, .other = b.name, .a = median_of(pairs.a), .b = median_of(pairs.b)};
    if (row.a != 0) row.ratio = row.b / row.a;
    row.interval = median_of_ratios(pairs.a, pairs.b);
    if (row.interval) row.basis = fmt::format("{} seeds, in pairs", pairs.a.size());
    comparison.rows.push_back(std::move(row));
  }
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

void check_setups(const std::vector<CompareSide>& sides, OnDifference on_difference, Comparison& comparison) {
  const Json& first = *sides.front().documents.front();
  std::set<std::string> told;
  for (const CompareSide& side : sides) {
    for (const Json* document : side.documents) {
      const std::vector<std::string> differences = setup_differences(first, *document);
      if (differences.empty()) continue;
      const std::string text =
          fmt::format("{} and {}: {}", sides.front().name, side.name, joined(differences));
      if (on_difference == OnDifference::kRefuse) {
        throw Error(ErrorKind::kInput, text + "; --force compares them all the same");
      }
      if (told.insert(text).second) comparison.differences.push_back(text);
    }
  }
}

Json whole_or_double(double value) {
  const bool whole = value == std::trunc(value) && std::abs(value) < 9007199254740992.0;
  return whole ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

}  // namespace

Comparison compare(const std::vector<CompareSide>& sides, OnDifference on_difference) {
  CACHEBENCH_CHECK(sides.size() >= 2, "sides {}", sides.size());
  Comparison comparison;
  for (const CompareSide& side : sides) {
    CACHEBENCH_CHECK(!side.documents.empty(), "documents of {}", side.name);
    comparison.names.push_back(side.name);
  }
  check_setups(sides, on_difference, comparison);
  const SideNumbers first = numbers_of(sides.front());
  for (std::size_t i = 1; i < sides.size(); ++i) {
    const SideNumbers other = numbers_of(sides[i]);
    add_rows(first, other, comparison);
    add_seed_rows(first, other, comparison);
  }
  return comparison;
}

Json to_json(const Comparison& comparison) {
  Json rows = Json::array();
  std::size_t different = 0;
  for (const CompareRow& row : comparison.rows) {
    different += differs(row) ? 1U : 0U;
    Json json = {{"path", row.path}};
    if (comparison.names.size() > 2) json["other"] = row.other;
    json["a"] = whole_or_double(row.a);
    json["b"] = whole_or_double(row.b);
    json["ratio"] = number_or_null(row.ratio);
    json["interval"] = nullptr;
    if (row.interval) {
      json["interval"] = {row.interval->low, row.interval->high};
    }
    if (!row.basis.empty()) json["interval_basis"] = row.basis;
    rows.push_back(std::move(json));
  }
  const Json counts = {{"compared", comparison.rows.size()},
                       {"different", different},
                       {"equal", comparison.rows.size() - different},
                       {"unmatched", comparison.unmatched.size()}};
  return {{"schema", "cachebench/comparison"},
          {"schema_version", "1.0"},
          {"names", comparison.names},
          {"differences", comparison.differences},
          {"confidence", Bootstrap().confidence},
          {"counts", counts},
          {"rows", std::move(rows)},
          {"unmatched", comparison.unmatched}};
}

}  // namespace cachebench::result
