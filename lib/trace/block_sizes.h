// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <unordered_map>

#include "trace/request.h"

/// Prefix blocks of formats that number them: `hash_ids` of Mooncake and Bailian. All blocks are full but the
/// last, which holds what the prompt's length leaves for it; an id keeps the size of its first reference. One
/// thread. Errors: Error{kInput} with the reason alone for ids that are no counts, or more blocks than the
/// prompt has tokens for.
namespace cachebench::trace {

class BlockSizes {
 public:
  explicit BlockSizes(std::uint32_t block_tokens) : block_tokens_(block_tokens) {}
  /// Fills `out.prefix_blocks` from the JSON array and `out.input_tokens`.
  void fill(const nlohmann::json& hash_ids, Request& out);

 private:
  std::uint32_t block_tokens_;
  std::unordered_map<std::uint64_t, std::uint32_t> first_;
};

}  // namespace cachebench::trace
