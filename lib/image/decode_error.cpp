// SPDX-License-Identifier: Apache-2.0
#include "image/decode_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace cachebench::image {

Error decode_error(std::string_view name, std::string_view reason) {
  std::string text = fmt::format("{}: {}", name, reason);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return Error(ErrorKind::kInput, text);
}

void check_size(std::string_view name, Size size, const DecodeLimits& limits) {
  if (size.width == 0 || size.height == 0) {
    throw decode_error(name, fmt::format("an image of {}x{} pixels is empty", size.width, size.height));
  }
  if (size.pixels() > limits.max_pixels) {
    throw decode_error(name, fmt::format("{}x{} pixels are more than the {} that are decoded: scale it down",
                                         size.width, size.height, limits.max_pixels));
  }
}

}  // namespace cachebench::image
