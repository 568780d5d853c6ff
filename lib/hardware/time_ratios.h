// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>

#include "hardware/profile.h"

/// How times lie about their medians, which a profile's figures are: the optional objects "mean_over_median",
/// for sums, and "quartile_over_median", for the median of unlike times that were thrown together. Nothing
/// decides by them: they are for holding what is expected against the clock. Values; bad files are
/// Error{kUsage}.
namespace cachebench::hardware {

inline constexpr char kTimeSkews[] = "mean_over_median";
/// The upper quartile; the lower one lies below the median by the same factor.
inline constexpr char kTimeSpreads[] = "quartile_over_median";

/// Reads and checks those of a profile's document; `path` is for messages. Empty where it has none.
[[nodiscard]] TimeRatios time_skews_of(const std::string& path, const nlohmann::ordered_json& document);
[[nodiscard]] TimeRatios time_spreads_of(const std::string& path, const nlohmann::ordered_json& document);
/// That of a figure, or of a class of it ("lookup.first"), with the named variants, the last of which that is
/// known counts; nothing where none is.
[[nodiscard]] std::optional<double> ratio_of(const TimeRatios& ratios, const std::string& figure,
                                             std::span<const std::string> variants);

}  // namespace cachebench::hardware
