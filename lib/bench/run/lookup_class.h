// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

/// Look-ups that end in hits, by what makes them take longer or shorter than others. The model has one time
/// for all of them; what is held against the clock is told apart, as a profile knows it from calibrate.
/// Nothing decides by it. Values.
namespace cachebench::bench {

enum class LookupClass : std::uint8_t {
  kUsual,
  kFirst,      ///< of its request: the processor has had other things to do, nothing of the cache is at hand
  kEarly,      ///< one of the next few of its request: little of the cache is at hand
  kRepeated,   ///< of an entry looked up a moment ago, which is still in the processor's own caches
  kPromoting,  ///< moves the entry up, and decides what makes room for it
  kSimilar,    ///< searched for like content and found it
};
inline constexpr std::size_t kLookupClasses = 6;
/// "usual", …: in results `NAME_lookup`, in a profile's extras `lookup.NAME`.
[[nodiscard]] const char* name_of(LookupClass one);

/// Fewer look-ups than this ago is a moment: what so many read fits into the caches of one core.
inline constexpr std::uint64_t kMoment = 128;

/// Look-ups after a request's first one that are early.
inline constexpr std::uint64_t kEarlyLookups = 3;

/// The classes that a look-up belongs to, kUsual apart.
struct LookupTraits {
  bool is_first = false;
  bool is_early = false;
  bool is_repeated = false;
  bool is_promoting = false;
  bool is_similar = false;

  /// By class, kUsual never. What a repeated one finds in the processor's caches matters to none of the
  /// others, so it is of that class alone or not at all.
  [[nodiscard]] std::array<bool, kLookupClasses> all() const;
  /// The class that says most of how its time is spread: the last of them.
  [[nodiscard]] LookupClass last() const;
  /// The one class of a look-up that has no more than one of them.
  [[nodiscard]] std::optional<LookupClass> only() const;
};

}  // namespace cachebench::bench
