// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The gate: limits of a gate file held against the values of a candidate's result and its baseline's. Values
/// that a program computes by rule (counts, bytes, modelled times) are compared exactly, within a tolerance
/// that the file states; measured ones bear a verdict only with many pairs of runs, and are undecided
/// without. Pure functions of documents, which they do not own; thread-safe. Errors: Error{kUsage} for a gate
/// file that says nothing sensible, Error{kInput} where baseline and candidate cannot be compared.
namespace cachebench::result {

enum class MetricSort : std::uint8_t { kDeterministic, kMeasured };
enum class Direction : std::uint8_t { kLower, kHigher, kEqual };  ///< which way is better
enum class Verdict : std::uint8_t { kPass, kImproved, kRegressed, kUndecided };

[[nodiscard]] const char* name_of(MetricSort sort);
[[nodiscard]] const char* name_of(Direction direction);
[[nodiscard]] const char* name_of(Verdict verdict);

/// A line of the gate file. A difference of at most the larger of the two tolerances is none.
struct GateRule {
  std::string path;  ///< a pattern, see json_paths.h
  MetricSort sort = MetricSort::kDeterministic;
  Direction direction = Direction::kEqual;
  double tolerance_ratio = 0;  ///< share of the baseline's magnitude
  double tolerance_absolute = 0;
  std::optional<double> min{};  ///< the candidate's value must not be below
  std::optional<double> max{};  ///< nor above
};

struct GateSpec {
  std::string file;  ///< for messages
  std::vector<GateRule> metrics;
};

/// `file` is for messages.
[[nodiscard]] GateSpec gate_from_json(const nlohmann::ordered_json& document, const std::string& file);

/// A baseline and its candidate. The documents are the caller's and outlive the call.
struct GatePair {
  std::string name;  ///< of both files in their folders; "" for two single files
  std::string baseline_file;
  std::string candidate_file;
  const nlohmann::ordered_json* baseline = nullptr;
  const nlohmann::ordered_json* candidate = nullptr;
};

/// A value as found: its number where it is one, and its text.
struct GateValue {
  std::optional<double> number;
  std::string text;
};

struct MetricVerdict {
  std::string file;  ///< name of the pair
  std::string path;
  MetricSort sort = MetricSort::kDeterministic;
  Direction direction = Direction::kEqual;
  Verdict verdict = Verdict::kPass;
  std::string reason;
  GateValue baseline;
  GateValue candidate;
  std::optional<double> ratio;                          ///< candidate / baseline
  std::optional<std::pair<double, double>> interval{};  ///< of the ratio; measured values only
  std::uint64_t pairs = 1;                              ///< of runs that bear on it
};

struct GateResult {
  Verdict verdict = Verdict::kPass;
  std::vector<MetricVerdict> metrics;  ///< pair by pair, in the order of the gate file
};

/// Regressed where any metric is, else undecided where any is, else improved where any is.
[[nodiscard]] Verdict overall(const std::vector<MetricVerdict>& metrics);

[[nodiscard]] GateResult judge(const GateSpec& spec, const std::vector<GatePair>& pairs);

/// "name: verdict" facts of `gate --json`, keys as in the contract.
[[nodiscard]] nlohmann::ordered_json to_json(const GateResult& gate);

}  // namespace cachebench::result
