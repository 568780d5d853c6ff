// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/ids.h"

/// Bytes for entries of real runs, made from the key alone: the same on every machine, different for every
/// key, and cheap enough not to be what is measured. Pure functions.
namespace cachebench::bench {

/// Fills `out` with the content of `key` from byte `offset` on; `offset` is a multiple of 8.
void synthesise(const Key& key, std::uint64_t offset, std::span<std::byte> out);

/// How many bytes of `data` differ from the content of `key` from byte `offset` on.
[[nodiscard]] std::uint64_t count_wrong(const Key& key, std::uint64_t offset,
                                        std::span<const std::byte> data);

}  // namespace cachebench::bench
