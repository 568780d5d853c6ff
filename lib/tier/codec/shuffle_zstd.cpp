// SPDX-License-Identifier: Apache-2.0
#include "core/registry.h"
#include "tier/blosc_codec.h"

namespace cachebench::tier {
namespace {

CACHEBENCH_REGISTER(CodecDescriptor, {.name = "shuffle-zstd",
                                      .id = 3,
                                      .default_level = 1,
                                      .min_level = 1,
                                      .max_level = 9,
                                      .doc = "bytes of elements grouped by significance, then Zstandard",
                                      .make = [](int level) {
                                        return make_blosc_codec({.filter = BloscFilter::kByteShuffle,
                                                                 .compressor = BloscCompressor::kZstd,
                                                                 .level = level});
                                      }});

}  // namespace
}  // namespace cachebench::tier
