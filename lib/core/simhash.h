// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// SimHash (Charikar 2002) of text: each shingle of three neighbouring tokens is hashed with XXH3-64 and
/// votes for its bits; a bit of the code is set when more shingles have it than not. Texts that share most
/// shingles differ in few bits. Pure functions, the same on every machine; any bytes are text.
namespace cachebench {

inline constexpr std::size_t kShingleTokens = 3;

/// Tokens are the ids of a tokeniser. Fewer than three make one shingle; none make 0.
[[nodiscard]] std::uint64_t simhash(std::span<const std::uint32_t> tokens);

/// Tokens are what lies between ASCII white space, so that line breaks and indents do not count.
[[nodiscard]] std::uint64_t simhash(std::string_view text);

}  // namespace cachebench
