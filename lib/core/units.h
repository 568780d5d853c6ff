// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

/// Quantities that cross folder borders: bytes, durations, and sizes as people write them. Values only, no
/// state.
namespace cachebench {

/// A count of bytes. Arithmetic wraps like the integer inside; callers that may underflow check first.
struct Bytes {
  std::uint64_t value = 0;

  constexpr auto operator<=>(const Bytes&) const = default;
  constexpr Bytes& operator+=(Bytes other) {
    value += other.value;
    return *this;
  }
  constexpr Bytes& operator-=(Bytes other) {
    value -= other.value;
    return *this;
  }
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return Bytes{a.value + b.value}; }
  friend constexpr Bytes operator-(Bytes a, Bytes b) { return Bytes{a.value - b.value}; }
  friend constexpr Bytes operator*(Bytes a, std::uint64_t n) { return Bytes{a.value * n}; }
};

inline constexpr Bytes kKiB{1024};
inline constexpr Bytes kMiB{1024 * 1024};
inline constexpr Bytes kGiB{1024ULL * 1024 * 1024};

/// Durations and points on a run's own time line.
using Nanoseconds = std::chrono::nanoseconds;

/// A size as written in a config: absolute, or a share of something known only later.
struct SizeSpec {
  Bytes absolute;    ///< meaningful when `share` is 0
  double share = 0;  ///< 0.10 for "10%"
  bool is_share = false;

  bool operator==(const SizeSpec&) const = default;
  /// The size when the whole is `whole`; a share is rounded down, as its decimal digits say: 29% of 100 is
  /// 29, though 0.29 in binary is a little less. Saturates.
  [[nodiscard]] Bytes resolve(Bytes whole) const;
};

/// "4096", "64KiB", "1.5GiB", "10MB". Throws Error{kUsage} naming the text and what is accepted.
[[nodiscard]] Bytes parse_bytes(std::string_view text);
/// parse_bytes, or a share such as "10%". Same errors.
[[nodiscard]] SizeSpec parse_size(std::string_view text);
/// "250ns", "10us", "5ms", "2s", "1.5m", "1h"; a bare number is seconds. Same errors.
[[nodiscard]] Nanoseconds parse_duration(std::string_view text);

/// For people: "1.5 GiB", "320 B".
[[nodiscard]] std::string format_bytes(Bytes bytes);
/// For people: "1.23 ms", "45 ns", three significant digits.
[[nodiscard]] std::string format_duration(Nanoseconds duration);
/// For people: "12.3 M/s" and the like; `value` per second with an SI prefix.
[[nodiscard]] std::string format_rate(double value);

}  // namespace cachebench
