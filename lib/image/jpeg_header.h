// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/decode.h"
#include "image/orientation.h"

/// The markers of a JPEG file up to its first scan: what must be known before the decoder is given memory.
/// Only sequential and progressive Huffman or arithmetic pictures of 8 bits pass. Throws Error{kInput}
/// "NAME: reason" for anything else.
namespace cachebench::image {

struct JpegHeader {
  Size stored;
  std::uint8_t components = 0;  ///< 1 grey, 3 colour, 4 CMYK
  Orientation orientation = Orientation::kUpright;
};

[[nodiscard]] JpegHeader read_jpeg_header(const Source& source);

}  // namespace cachebench::image
