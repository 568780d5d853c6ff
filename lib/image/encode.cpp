// SPDX-License-Identifier: Apache-2.0
#include "image/encode.h"

#include <turbojpeg.h>

#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

#include "core/check.h"

namespace cachebench::image {
namespace {

constexpr std::uint32_t kMaxJpegSide = 65'500;

struct FreeCompressor {
  void operator()(void* handle) const { tjDestroy(handle); }
};
struct FreeBuffer {
  void operator()(unsigned char* buffer) const { tjFree(buffer); }
};

}  // namespace

std::vector<std::byte> encode_jpeg(const Image& image, int quality) {
  CACHEBENCH_CHECK(quality >= 1 && quality <= 100, "quality {}", quality);
  CACHEBENCH_CHECK(image.width() <= kMaxJpegSide && image.height() <= kMaxJpegSide, "{}x{}", image.width(),
                   image.height());
  const std::unique_ptr<std::remove_pointer_t<tjhandle>, FreeCompressor> handle(tjInitCompress());
  if (handle == nullptr) throw std::bad_alloc();
  unsigned char* buffer = nullptr;
  unsigned long length = 0;  // NOLINT: the library's type
  const int code = tjCompress2(handle.get(), image.bytes().data(), static_cast<int>(image.width()), 0,
                               static_cast<int>(image.height()), TJPF_RGB, &buffer, &length, TJSAMP_420,
                               quality, TJFLAG_ACCURATEDCT);
  const std::unique_ptr<unsigned char, FreeBuffer> owned(buffer);
  if (code != 0) throw std::bad_alloc();  // the arguments are right, so memory is what is missing
  const auto bytes = std::as_bytes(std::span(buffer, length));
  return {bytes.begin(), bytes.end()};
}

}  // namespace cachebench::image
