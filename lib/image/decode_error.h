// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/error.h"
#include "image/decode.h"

/// What the decoders share: how they refuse. Pure functions.
namespace cachebench::image {

/// Error{kInput} "NAME: reason", one line whatever the library's text holds.
[[nodiscard]] Error decode_error(std::string_view name, std::string_view reason);

/// Throws decode_error for an empty picture or one above the limit.
void check_size(std::string_view name, Size size, const DecodeLimits& limits);

}  // namespace cachebench::image
