// SPDX-License-Identifier: Apache-2.0
#include "core/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/error.h"

namespace cachebench {
namespace {

struct Unit {
  std::string_view suffix;
  double factor;
};

constexpr std::array<Unit, 14> kByteUnits{{{"", 1},
                                           {"B", 1},
                                           {"KiB", 1024.0},
                                           {"MiB", 1048576.0},
                                           {"GiB", 1073741824.0},
                                           {"TiB", 1099511627776.0},
                                           {"KB", 1e3},
                                           {"kB", 1e3},
                                           {"MB", 1e6},
                                           {"GB", 1e9},
                                           {"TB", 1e12},
                                           {"K", 1024.0},
                                           {"M", 1048576.0},
                                           {"G", 1073741824.0}}};

constexpr std::array<Unit, 8> kTimeUnits{
    {{"", 1e9}, {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"min", 60e9}, {"h", 3600e9}}};

struct Parsed {
  double number;
  std::string_view suffix;
};

Parsed split_number(std::string_view text, std::string_view what, std::string_view accepted) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  const bool bad = failed != std::errc{} || !std::isfinite(number) || number < 0;
  if (bad) throw Error(ErrorKind::kUsage, fmt::format("'{}' is not a {}: write {}", text, what, accepted));
  std::string_view suffix(stop, static_cast<std::size_t>(end - stop));
  while (!suffix.empty() && suffix.front() == ' ') suffix.remove_prefix(1);
  return {number, suffix};
}

constexpr std::string_view kSizeForms = "a size such as 4096, 64KiB, 1.5GiB or 10MB";
constexpr std::string_view kTimeForms = "a duration such as 250ns, 10us, 5ms, 2s, 1.5m or 1h";

template <std::size_t N>
double scaled(const Parsed& parsed, const std::array<Unit, N>& units, std::string_view text,
              std::string_view what, std::string_view accepted) {
  for (const Unit& unit : units) {
    if (unit.suffix != parsed.suffix) continue;
    const double value = parsed.number * unit.factor;
    if (value > 9.2e18) throw Error(ErrorKind::kUsage, fmt::format("'{}' is too large a {}", text, what));
    return value;
  }
  throw Error(ErrorKind::kUsage, fmt::format("'{}' is not a {}: write {}", text, what, accepted));
}

// Three significant digits without ever switching to an exponent: 999.6 is "1000".
std::string three_digits(double value) {
  const double size = std::fabs(value);
  if (size >= 99.95) return fmt::format("{:.0f}", value);
  return fmt::format("{:.3g}", value);
}

}  // namespace

Bytes SizeSpec::resolve(Bytes whole) const {
  if (!is_share) return absolute;
  const double value = static_cast<double>(whole.value) * share;
  if (value >= 0x1.0p63) return Bytes{1ULL << 63};
  const double nearest = std::round(value);
  const bool is_whole = std::fabs(value - nearest) <= nearest * 0x1.0p-51;
  return Bytes{static_cast<std::uint64_t>(is_whole ? nearest : std::floor(value))};
}

Bytes parse_bytes(std::string_view text) {
  std::uint64_t exact = 0;
  const char* end = text.data() + text.size();
  if (const auto [stop, failed] = std::from_chars(text.data(), end, exact);
      failed == std::errc{} && stop == end && !text.empty()) {
    return Bytes{exact};
  }
  const Parsed parsed = split_number(text, "size", kSizeForms);
  return Bytes{static_cast<std::uint64_t>(scaled(parsed, kByteUnits, text, "size", kSizeForms))};
}

SizeSpec parse_size(std::string_view text) {
  if (!text.empty() && text.back() == '%') {
    const Parsed parsed = split_number(text.substr(0, text.size() - 1), "share", "a share such as 10%");
    if (!parsed.suffix.empty() || parsed.number > 100000) {
      throw Error(ErrorKind::kUsage, fmt::format("'{}' is not a share: write a share such as 10%", text));
    }
    return SizeSpec{.absolute = {}, .share = parsed.number / 100.0, .is_share = true};
  }
  return SizeSpec{.absolute = parse_bytes(text), .share = 0, .is_share = false};
}

Nanoseconds parse_duration(std::string_view text) {
  const Parsed parsed = split_number(text, "duration", kTimeForms);
  return Nanoseconds{static_cast<std::int64_t>(scaled(parsed, kTimeUnits, text, "duration", kTimeForms))};
}

std::string format_bytes(Bytes bytes) {
  constexpr std::array<std::string_view, 5> kNames{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes.value);
  std::size_t unit = 0;
  while (value >= 1024.0 && unit + 1 < kNames.size()) {
    value /= 1024.0;
    ++unit;
  }
  if (unit == 0) return fmt::format("{} B", bytes.value);
  return fmt::format("{:.{}f} {}", value, value < 10 ? 2 : value < 100 ? 1 : 0, kNames[unit]);
}

std::string format_duration(Nanoseconds duration) {
  const auto ns = static_cast<double>(duration.count());
  const double size = std::fabs(ns);
  if (size < 1e3) return fmt::format("{:.0f} ns", ns);
  if (size < 1e6) return three_digits(ns / 1e3) + " us";
  if (size < 1e9) return three_digits(ns / 1e6) + " ms";
  if (size < 120e9) return three_digits(ns / 1e9) + " s";
  const auto seconds = static_cast<std::int64_t>(std::llround(size / 1e9));
  return fmt::format("{}{} min {:02} s", ns < 0 ? "-" : "", seconds / 60, seconds % 60);
}

std::string format_rate(double value) {
  if (value >= 1e9) return three_digits(value / 1e9) + " G/s";
  if (value >= 1e6) return three_digits(value / 1e6) + " M/s";
  if (value >= 1e3) return three_digits(value / 1e3) + " k/s";
  return three_digits(value) + " /s";
}

}  // namespace cachebench
