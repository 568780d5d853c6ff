// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cache/visual/visual_identity.h"
#include "core/rng.h"
#include "core/tensor_view.h"

/// Contents by number for tests of the visual registry: a hash, and bytes that can be checked. Pure
/// functions.
namespace cachebench::testing {

inline std::string hash_of(std::uint64_t number) {
  return cache::compute_content_hash(std::as_bytes(std::span(&number, 1)));
}

inline std::vector<std::byte> embedding_of(std::uint64_t number, std::uint64_t bytes) {
  std::vector<std::byte> content(bytes);
  for (std::uint64_t i = 0; i < bytes; ++i)
    content[i] = static_cast<std::byte>(splitmix64(number * 7919 + i));
  return content;
}

inline TensorMeta flat(std::uint64_t bytes) {
  return {.shape = {static_cast<std::int64_t>(bytes)}, .dtype = DType::kU8};
}

}  // namespace cachebench::testing
