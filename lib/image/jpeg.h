// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/decode.h"

/// The JPEG half of image/decode.h, whose promises hold. A file in which data is missing or damaged is
/// refused, though the library would fill the gap with grey; bytes too many before the end marker, which some
/// cameras write, are not damage. Four components are CMYK in Adobe's inverted form, as every writer of it
/// uses.
namespace cachebench::image {

[[nodiscard]] Size inspect_jpeg(const Source& source);
[[nodiscard]] Image decode_jpeg(const Source& source, const DecodeLimits& limits);

}  // namespace cachebench::image
