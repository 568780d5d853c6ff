// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>

#include "hardware/profile.h"

/// How far the means of skewed times lie from their medians, which a profile's figures are: what a sum of
/// many is expected to be, beside what one of them usually is. The optional object "mean_over_median" of a
/// profile's file. Nothing decides by them: they are for holding sums against the clock. Values; bad files
/// are Error{kUsage}.
namespace cachebench::hardware {

inline constexpr char kTimeSkews[] = "mean_over_median";

/// Reads and checks those of a profile's document; `path` is for messages. Empty where it has none.
[[nodiscard]] TimeSkews time_skews_of(const std::string& path, const nlohmann::ordered_json& document);
/// The mean over the median of a figure, or of a class of it ("lookup.first"), with the named variants, the
/// last of which that is known counts; nothing where none is.
[[nodiscard]] std::optional<double> skew_of(const TimeSkews& skews, const std::string& figure,
                                            std::span<const std::string> variants);

}  // namespace cachebench::hardware
