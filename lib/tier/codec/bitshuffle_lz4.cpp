// SPDX-License-Identifier: Apache-2.0
#include "core/registry.h"
#include "tier/blosc_codec.h"

namespace cachebench::tier {
namespace {

CACHEBENCH_REGISTER(CodecDescriptor, {.name = "bitshuffle-lz4",
                                      .id = 6,
                                      .default_level = 5,
                                      .min_level = 1,
                                      .max_level = 9,
                                      .doc = "bits of elements grouped by significance, then LZ4",
                                      .make = [](int level) {
                                        return make_blosc_codec({.filter = BloscFilter::kBitShuffle,
                                                                 .compressor = BloscCompressor::kLz4,
                                                                 .level = level});
                                      }});

}  // namespace
}  // namespace cachebench::tier
