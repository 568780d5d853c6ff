// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/hamming.h"

/// One line of a JSON Lines trace, and strict access to its fields. Stateless. Errors: Error{kInput} with the
/// reason alone; whoever knows file and line puts them in front.
namespace cachebench::trace {

inline constexpr std::size_t kDeepestLine = 100;       ///< levels of nesting
inline constexpr std::size_t kMostValues = 1'048'576;  ///< numbers, texts, objects, arrays

/// Parses one JSON object. Malformed text, something else than an object, a key that occurs twice in one
/// object, and a line beyond the limits above are errors. Takes time in proportion to the line.
[[nodiscard]] nlohmann::json parse_json_line(std::string_view line);

// Fields of an object. Absent and null are the same; a wrong type, a negative number, a fraction where a
// count is asked for, and a number out of range are errors.
[[nodiscard]] std::optional<std::uint64_t> optional_count(const nlohmann::json& object, const char* key);
[[nodiscard]] std::uint64_t required_count(const nlohmann::json& object, const char* key);
[[nodiscard]] std::optional<double> optional_real(const nlohmann::json& object, const char* key);
[[nodiscard]] double required_real(const nlohmann::json& object, const char* key);
[[nodiscard]] std::optional<std::string> optional_text(const nlohmann::json& object, const char* key);
/// Null when absent.
[[nodiscard]] const nlohmann::json* optional_array(const nlohmann::json& object, const char* key);
/// The value as a count; `key` for the message.
[[nodiscard]] std::uint64_t count_of(const nlohmann::json& value, const char* key);
/// A 64-bit word as up to 16 hex digits.
[[nodiscard]] std::optional<std::uint64_t> optional_hex64(const nlohmann::json& object, const char* key);
/// Four words as 64 hex digits.
[[nodiscard]] std::optional<FineCode> optional_fine_code(const nlohmann::json& object, const char* key);

}  // namespace cachebench::trace
