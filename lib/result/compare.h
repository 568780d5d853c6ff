// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "result/statistics.h"

/// Results side by side: every number of the first beside the same number of each other one. What is computed
/// by rule has no interval; what a clock said has one where repeats, or the histogram of a latency, bear it.
/// Points of sweeps belong together by what they set, not by their place. Pure functions of documents, which
/// are the caller's; thread-safe. Errors: Error{kInput} where the setups differ and nobody insists.
namespace cachebench::result {

/// One experiment: a document, or several repeats of it.
struct CompareSide {
  std::string name;  ///< of its file or folder
  std::vector<const nlohmann::ordered_json*> documents;
};

struct CompareRow {
  std::string path;
  std::string other;  ///< name of the side that `b` is of
  double a = 0;
  double b = 0;
  std::optional<double> ratio{};  ///< b / a; absent where a is 0
  std::optional<Interval> interval{};
  std::string basis{};  ///< of the interval, or why a clock's value has none
};

struct Comparison {
  std::vector<std::string> names;
  std::vector<CompareRow> rows;
  std::vector<std::string> unmatched;    ///< "NAME: path", there on one side only
  std::vector<std::string> differences;  ///< of the setups, where someone insisted
};

enum class OnDifference : std::uint8_t { kRefuse, kTell };

[[nodiscard]] inline bool differs(const CompareRow& row) {
  return row.a != row.b;
}

/// REQUIRES: two sides or more, a document or more in each.
[[nodiscard]] Comparison compare(const std::vector<CompareSide>& sides, OnDifference on_difference);

[[nodiscard]] nlohmann::ordered_json to_json(const Comparison& comparison);

}  // namespace cachebench::result
