// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

/// A similarity study as `cachebench hash --study --json` prints it, small and made up. Pure functions.
namespace cachebench::test {

using StudyJson = nlohmann::ordered_json;

inline StudyJson accepted(std::uint64_t right, std::uint64_t wrong, std::uint64_t queries) {
  const auto ratio = [](std::uint64_t part, std::uint64_t whole) -> StudyJson {
    if (whole == 0) return nullptr;
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  return {{"right", right},
          {"wrong", wrong},
          {"precision", ratio(right, right + wrong)},
          {"recall", ratio(right, queries)}};
}

inline StudyJson study_curve(const std::string& name, const std::string& sort, std::uint64_t queries) {
  StudyJson points = StudyJson::array();
  for (std::uint64_t bits = 0; bits <= 32; ++bits) {
    points.push_back({{"max_distance", bits},
                      {"threshold", 1 - static_cast<double>(bits) / 64},
                      {"plain", accepted(queries * bits / 32, bits / 4, queries)},
                      {"confirmed", accepted(queries * bits / 64, bits / 16, queries)}});
  }
  return {{"name", name},
          {"sort", sort},
          {"queries_with_original", queries},
          {"queries_without_original", 40},
          {"points", points}};
}

inline StudyJson sample_study() {
  StudyJson chosen = accepted(30, 1, 40);
  chosen["max_distance"] = 6;
  chosen["threshold"] = 0.90625;
  return {{"schema", "cachebench/similarity-study"},
          {"source", "made-up scenes"},
          {"pictures", 40},
          {"least_precision", 0.99},
          {"fine_distance", 10},
          {"fine_bits", 256},
          {"chosen",
           {{{"over", "all copies"}, {"plain", chosen}, {"confirmed", chosen}},
            {{"over", "all copies and views"}, {"plain", nullptr}, {"confirmed", chosen}}}},
          {"curves",
           {study_curve("jpeg-50", "copy", 40), study_curve("view-2%", "other view", 0),
            study_curve("all copies", "pooled", 40), study_curve("all copies and views", "pooled", 40)}}};
}

}  // namespace cachebench::test
