// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "core/units.h"
#include "hardware/profile.h"

/// What policies add to a profile's figures that were measured with the usual ones: those that keep more
/// books, or fewer, and those that move entries at other times. The optional object "policy_extra_ns" of a
/// profile's file. Values; bad files are Error{kUsage}.
namespace cachebench::hardware {

inline constexpr char kPolicyExtras[] = "policy_extra_ns";
/// The name of what look-ups of a kind take beyond the usual ones ("first": "lookup.first"). No policy's, so
/// runs expect it of those look-ups alone.
[[nodiscard]] std::string lookup_extra(const std::string& kind);

/// The name of what the first read of the drive in a request takes beyond the median: nothing is awake then.
inline constexpr char kFirstRead[] = "ssd_read.first";
/// What the profile knows by that name, with what the variants add to it ("NAME.VARIANT").
[[nodiscard]] Nanoseconds extra_of(const Profile& profile, const std::string& name,
                                   std::span<const std::string> variants);

/// Reads and checks those of a profile's document; `path` is for messages. Empty where it has none.
[[nodiscard]] PolicyExtras policy_extras_of(const std::string& path, const nlohmann::ordered_json& document);
/// Adds the profile's own of the named variants ("eviction.lfu") to its time of a look-up and to its latency
/// of the drive's reads, which never fall below zero.
void add_extras(std::span<const std::string> variants, Profile& profile);

}  // namespace cachebench::hardware
