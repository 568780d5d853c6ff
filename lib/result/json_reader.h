// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A place in a JSON document that is being read, with the file and the path that led there, so that every
/// complaint names both. Does not own the document. Unknown keys are left alone. Everything that is missing
/// or of the wrong kind throws Error{kInput} "FILE: key 'totals.hits' is missing". Thread-compatible.
namespace cachebench::result {

class JsonReader {
 public:
  JsonReader(const nlohmann::ordered_json& node, std::string file);

  [[nodiscard]] bool has(std::string_view key) const;  ///< there, and not null
  [[nodiscard]] JsonReader object(std::string_view key) const;
  [[nodiscard]] std::string text(std::string_view key) const;
  [[nodiscard]] std::uint64_t count(std::string_view key) const;   ///< whole, 0 to 2^53
  [[nodiscard]] std::int64_t integer(std::string_view key) const;  ///< whole, within ±2^53
  [[nodiscard]] double number(std::string_view key) const;
  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
  /// An object of numbers; nulls are left out.
  [[nodiscard]] std::map<std::string, double> numbers(std::string_view key) const;
  [[nodiscard]] std::vector<std::uint64_t> counts(std::string_view key) const;
  /// The text of the object under `key`, kept as it is.
  [[nodiscard]] std::string opaque(std::string_view key) const;

  /// Calls `visit` with every element of the array of objects under `key`.
  void each(std::string_view key, const std::function<void(const JsonReader&)>& visit) const;
  /// Calls `visit` with name and value of every member of the object under `key`; all must be objects.
  void members(std::string_view key,
               const std::function<void(const std::string&, const JsonReader&)>& visit) const;
  /// Calls `visit` with every (first, second) of the array of pairs of integers under `key`.
  void pairs(std::string_view key, const std::function<void(std::int64_t, std::uint64_t)>& visit) const;

  /// The value where the key is there, `fallback` where not: for keys of later minor versions.
  [[nodiscard]] std::uint64_t count_or(std::string_view key, std::uint64_t fallback) const;
  [[nodiscard]] std::string text_or(std::string_view key, std::string fallback) const;
  /// Any 64 bits, such as a seed.
  [[nodiscard]] std::uint64_t word_or(std::string_view key, std::uint64_t fallback) const;
  /// Adds the members of the object of strings under `key` to `out`; none when it is not there.
  void texts_by_name(std::string_view key, std::map<std::string, std::string>& out) const;

  /// Throws Error{kInput} about `key` here.
  [[noreturn]] void complain(std::string_view key, const std::string& reason) const;

 private:
  JsonReader(const nlohmann::ordered_json& node, std::string file, std::string path);
  [[nodiscard]] const nlohmann::ordered_json& at(std::string_view key) const;
  [[nodiscard]] std::string path_of(std::string_view key) const;

  const nlohmann::ordered_json* node_;
  std::string file_;
  std::string path_;
};

/// The largest whole number that every JSON reader keeps exact.
inline constexpr std::uint64_t kMaxExactInteger = (1ULL << 53U) - 1;

/// Throws Error{kInput} unless `document` is of this schema and of major version 1.
void require_schema(const nlohmann::ordered_json& document, const std::string& file, std::string_view kind);

}  // namespace cachebench::result
