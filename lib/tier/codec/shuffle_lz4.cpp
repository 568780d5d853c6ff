// SPDX-License-Identifier: Apache-2.0
#include "core/registry.h"
#include "tier/blosc_codec.h"

namespace cachebench::tier {
namespace {

CACHEBENCH_REGISTER(CodecDescriptor, {.name = "shuffle-lz4",
                                      .id = 5,
                                      .default_level = 5,
                                      .min_level = 1,
                                      .max_level = 9,
                                      .doc = "bytes of elements grouped by significance, then LZ4",
                                      .make = [](int level) {
                                        return make_blosc_codec({.filter = BloscFilter::kByteShuffle,
                                                                 .compressor = BloscCompressor::kLz4,
                                                                 .level = level});
                                      }});

}  // namespace
}  // namespace cachebench::tier
