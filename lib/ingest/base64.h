// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace cachebench::ingest {

/// Base64 (RFC 4648, the standard alphabet), strictly: no white space, nothing behind the padding, no stray
/// bits in the last character; the padding itself may be left out. Takes three quarters of the text's length
/// in memory. Pure function. Throws Error{kInput} with the reason and the position.
[[nodiscard]] std::vector<std::byte> decode_base64(std::string_view text);

}  // namespace cachebench::ingest
