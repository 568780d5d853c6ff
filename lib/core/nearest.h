// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace cachebench {

/// The candidate with the smallest edit distance (Levenshtein, transpositions count one) to `word`, ties by
/// order; empty when there are none or nothing is near.
[[nodiscard]] std::string nearest_name(std::string_view word, std::span<const std::string> candidates);

/// "unknown WHAT 'WORD'; did you mean 'NEAR'?" or, where nothing is near, the list of candidates.
[[nodiscard]] std::string unknown_name(std::string_view what, std::string_view word,
                                       std::span<const std::string> candidates);

}  // namespace cachebench
