// SPDX-License-Identifier: Apache-2.0
#include "trace/fields.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <string>

#include "core/error.h"
#include "core/hash.h"

namespace cachebench::trace {
namespace {

constexpr std::size_t kShown = 40;  // characters of a bad field that a message repeats
constexpr double kNanosecondsPerSecond = 1e9;
constexpr double kMostSeconds = 9.2e9;  // a little under 2^63 ns

[[noreturn]] void refuse(std::string_view what, std::string_view text, std::string_view reason) {
  throw Error(ErrorKind::kInput, fmt::format("{} '{}{}' {}", what, text.substr(0, kShown),
                                             text.size() > kShown ? "…" : "", reason));
}

bool all_digits(std::string_view text) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty();
}

int digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') refuse("timestamp", text, "is not YYYY-MM-DD HH:MM:SS[.fraction]");
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

std::uint64_t parse_count(std::string_view text, std::string_view what) {
  if (text.empty()) throw Error(ErrorKind::kInput, fmt::format("{} is empty", what));
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc::result_out_of_range) refuse(what, text, "is more than 2^64 - 1");
  if (code != std::errc() || end != text.data() + text.size()) {
    refuse(what, text, text.starts_with('-') ? "is negative" : "is not a whole number");
  }
  return value;
}

double parse_real(std::string_view text, std::string_view what) {
  if (text.empty()) throw Error(ErrorKind::kInput, fmt::format("{} is empty", what));
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc::result_out_of_range) refuse(what, text, "is out of range");
  if (code != std::errc() || end != text.data() + text.size()) refuse(what, text, "is not a number");
  if (!std::isfinite(value)) refuse(what, text, "is not finite");
  if (value < 0) refuse(what, text, "is negative");
  return value;
}

std::uint64_t parse_object_id(std::string_view text) {
  if (text.empty()) throw Error(ErrorKind::kInput, "object id is empty");
  const bool negative = text.front() == '-' && all_digits(text.substr(1));
  if (all_digits(text) || negative) return parse_count(text, "object id");
  return hash64(text);
}

Nanoseconds parse_timestamp(std::string_view text) {
  constexpr std::size_t kWholeSeconds = 19;
  constexpr std::size_t kMostDecimals = 9;
  const bool shaped = text.size() >= kWholeSeconds && text[4] == '-' && text[7] == '-' &&
                      (text[10] == ' ' || text[10] == 'T') && text[13] == ':' && text[16] == ':';
  if (!shaped) refuse("timestamp", text, "is not YYYY-MM-DD HH:MM:SS[.fraction]");
  const std::chrono::year_month_day date{std::chrono::year(digits(text, 0, 4)),
                                         std::chrono::month(static_cast<unsigned>(digits(text, 5, 2))),
                                         std::chrono::day(static_cast<unsigned>(digits(text, 8, 2)))};
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  const bool valid = date.ok() && date.year() >= std::chrono::year(1970) &&
                     date.year() < std::chrono::year(2262) && hour < 24 && minute < 60 && second < 60;
  if (!valid) refuse("timestamp", text, "is no date or time of day");
  std::int64_t fraction = 0;
  if (text.size() > kWholeSeconds) {
    const std::string_view decimals = text.substr(kWholeSeconds + 1);
    if (text[kWholeSeconds] != '.' || !all_digits(decimals) || decimals.size() > kMostDecimals) {
      refuse("timestamp", text, "is not YYYY-MM-DD HH:MM:SS[.fraction]");
    }
    fraction = digits(decimals, 0, decimals.size());
    for (std::size_t i = decimals.size(); i < kMostDecimals; ++i) fraction *= 10;
  }
  return std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second) + Nanoseconds(fraction);
}

Nanoseconds nanoseconds_of_seconds(double seconds) {
  if (!(seconds >= 0 && seconds < kMostSeconds)) {
    throw Error(ErrorKind::kInput,
                fmt::format("a time of {} s does not fit in 64 bits of nanoseconds", seconds));
  }
  // Whole and fraction apart: the product would lose the last digits of large times.
  const double whole = std::floor(seconds);
  const double rest = std::round((seconds - whole) * kNanosecondsPerSecond);
  return std::chrono::seconds(static_cast<std::int64_t>(whole)) +
         Nanoseconds(static_cast<std::int64_t>(rest));
}

Nanoseconds nanoseconds_of(std::uint64_t count, std::uint64_t unit_ns) {
  if (count > static_cast<std::uint64_t>(INT64_MAX) / unit_ns) {
    throw Error(ErrorKind::kInput, fmt::format("a time of {} does not fit in 64 bits of nanoseconds", count));
  }
  return Nanoseconds(static_cast<std::int64_t>(count * unit_ns));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::size_t split_fields(std::string_view line, std::span<std::string_view> fields) {
  std::size_t count = 0;
  while (true) {
    const std::size_t comma = line.find(',');
    if (count < fields.size()) fields[count] = trimmed(line.substr(0, comma));
    ++count;
    if (comma == std::string_view::npos) return count;
    line.remove_prefix(comma + 1);
  }
}

}  // namespace cachebench::trace
