// SPDX-License-Identifier: Apache-2.0
#include "core/registry.h"
#include "tier/blosc_codec.h"

namespace cachebench::tier {
namespace {

CACHEBENCH_REGISTER(CodecDescriptor, {.name = "bitshuffle-zstd",
                                      .id = 4,
                                      .default_level = 1,
                                      .min_level = 1,
                                      .max_level = 9,
                                      .doc = "bits of elements grouped by significance, then Zstandard",
                                      .make = [](int level) {
                                        return make_blosc_codec({.filter = BloscFilter::kBitShuffle,
                                                                 .compressor = BloscCompressor::kZstd,
                                                                 .level = level});
                                      }});

}  // namespace
}  // namespace cachebench::tier
