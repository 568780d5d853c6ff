// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

/// Single values of a document by path, as gate files and comparisons name them: keys joined by dots, array
/// elements by index or by the `name` they carry ("tiers.0.hits", "tiers.L1.hits"). A pattern takes `*` and
/// `?` inside a step and `**` for any number of steps; "tiers[].hits" is another way to write "tiers.*.hits".
/// Pure functions over documents they do not own, thread-safe; nothing throws.
namespace cachebench::result {

/// One step of a path. `name` is that of an array element which has one, else "".
struct PathStep {
  std::string key;
  std::string name;
};

/// A value that is neither object nor array. Points into the document it was taken from.
struct Leaf {
  std::vector<PathStep> steps;
  const nlohmann::ordered_json* value = nullptr;
  [[nodiscard]] std::string path() const;
};

/// Every leaf, in the document's order; what lies under a key of `skipped` is left out.
[[nodiscard]] std::vector<Leaf> leaves_of(const nlohmann::ordered_json& document,
                                          const std::vector<std::string_view>& skipped = {});

class PathPattern {
 public:
  explicit PathPattern(std::string_view text);
  [[nodiscard]] bool matches(const std::vector<PathStep>& steps) const;
  /// Names one path at most.
  [[nodiscard]] bool is_plain() const;

 private:
  std::vector<std::string> steps_;
};

/// `*` any characters, `?` one.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace cachebench::result
