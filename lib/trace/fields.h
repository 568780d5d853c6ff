// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/units.h"

/// Text fields of traces turned into numbers, strictly: the whole field must be the number. Stateless.
/// Errors: Error{kInput} with the reason alone; whoever knows file and line puts them in front.
namespace cachebench::trace {

/// Decimal digits only: no sign, no fraction, at most 2^64 - 1. `what` names the field in the message.
[[nodiscard]] std::uint64_t parse_count(std::string_view text, std::string_view what);
/// Finite and not negative.
[[nodiscard]] double parse_real(std::string_view text, std::string_view what);
/// An object's name: a number is itself, other text its XXH3-64. A negative number or one beyond 2^64 - 1 is
/// an error, and so is an empty name.
[[nodiscard]] std::uint64_t parse_object_id(std::string_view text);
/// "2023-11-16 18:15:46.6805900" (up to nine decimals, `T` for the space allowed) since 1970, no time zone.
[[nodiscard]] Nanoseconds parse_timestamp(std::string_view text);
/// Seconds as a duration. Throws when it does not fit in 64 bits of nanoseconds.
[[nodiscard]] Nanoseconds nanoseconds_of_seconds(double seconds);
/// `count` units of `unit_ns`. Same error.
[[nodiscard]] Nanoseconds nanoseconds_of(std::uint64_t count, std::uint64_t unit_ns);

/// Spaces and tabs at both ends removed.
[[nodiscard]] std::string_view trimmed(std::string_view text);
/// Cuts a line at commas, trims each field. Returns how many there are; those beyond `fields.size()` are
/// counted and dropped.
std::size_t split_fields(std::string_view line, std::span<std::string_view> fields);

}  // namespace cachebench::trace
