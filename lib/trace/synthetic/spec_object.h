// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

/// Strict reading of a JSON object of a generator spec: every key is asked for by name, `finish` refuses
/// those nobody asked for and names the nearest known one. Does not own the JSON. One thread. Errors:
/// Error{kUsage} "FILE: path.to.key: reason".
namespace cachebench::trace {

/// Bounds of a number, both included.
struct Range {
  double min = 0;
  double max = 1e18;
};

class SpecObject {
 public:
  /// `where` is "FILE: path"; throws unless the value is an object.
  SpecObject(const nlohmann::ordered_json& value, std::string where);

  [[nodiscard]] bool has(const char* key);
  /// Null when absent. Counts as asked for.
  [[nodiscard]] const nlohmann::ordered_json* find(const char* key);
  [[nodiscard]] const nlohmann::ordered_json& at(const char* key);
  [[nodiscard]] double real(const char* key, Range range);
  [[nodiscard]] double real_or(const char* key, double otherwise, Range range);
  [[nodiscard]] std::uint64_t count(const char* key, Range range);
  [[nodiscard]] std::uint64_t count_or(const char* key, std::uint64_t otherwise, Range range);
  [[nodiscard]] std::string text(const char* key);
  [[nodiscard]] std::string text_or(const char* key, const std::string& otherwise);
  /// "FILE: path.key", for objects inside.
  [[nodiscard]] std::string path_of(const char* key) const;
  [[nodiscard]] const std::string& where() const { return where_; }
  [[noreturn]] void fail(const char* key, const std::string& reason) const;
  /// Throws when there is a key nobody asked for.
  void finish() const;

 private:
  const nlohmann::ordered_json& value_;
  std::string where_;
  std::vector<std::string> known_;
};

}  // namespace cachebench::trace
