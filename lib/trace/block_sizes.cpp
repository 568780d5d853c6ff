// SPDX-License-Identifier: Apache-2.0
#include "trace/block_sizes.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "trace/json_line.h"

namespace cachebench::trace {

void BlockSizes::fill(const nlohmann::json& hash_ids, Request& out) {
  const std::uint64_t tokens = out.input_tokens.value_or(0);
  const std::uint64_t count = hash_ids.size();
  if (count > 0 && tokens <= (count - 1) * block_tokens_) {
    throw Error(ErrorKind::kInput,
                fmt::format("{} hash_ids of {} tokens for an input of {}", count, block_tokens_, tokens));
  }
  // Checked whole before any id is remembered: a record that is skipped leaves no trace.
  out.has_blocks = true;
  out.prefix_blocks.reserve(count);
  for (const nlohmann::json& id : hash_ids) {
    out.prefix_blocks.push_back({.key = {0, count_of(id, "hash_ids")}, .tokens = block_tokens_});
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t left = std::min<std::uint64_t>(tokens - i * block_tokens_, block_tokens_);
    BlockRef& block = out.prefix_blocks[i];
    block.tokens = first_.try_emplace(block.key.lo, static_cast<std::uint32_t>(left)).first->second;
  }
}

}  // namespace cachebench::trace
