// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/decode.h"

/// The PNG half of image/decode.h, whose promises hold. Every chunk's check sum must be right and the end
/// chunk there; of an animation the default image is read.
namespace cachebench::image {

[[nodiscard]] Size inspect_png(const Source& source);
[[nodiscard]] Image decode_png(const Source& source, const DecodeLimits& limits);

}  // namespace cachebench::image
