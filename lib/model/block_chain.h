// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/geometry.h"
#include "model/prompt_layout.h"
#include "trace/request.h"

/// The prefix blocks of a prompt. Those given by the trace win; absent, they are derived by chaining over the
/// block before and, inside the block, the content and token range of each segment, so that a block names
/// everything up to its end, images included. Only full blocks are derived. Thread-compatible.
namespace cachebench::model {

struct PrefixBlock {
  Key key;  ///< as given by the trace, or derived
  ArtefactKind kind = ArtefactKind::kKvBlock;
  std::uint32_t tokens = 0;
  std::uint64_t flops = 0;  ///< prefill of the block after those before it
  TokenSpan span;
  bool given = false;
  bool repeated = false;  ///< its key occurs earlier in the same prompt
};

class BlockChain {
 public:
  BlockChain(const Geometry& geometry, std::uint32_t block_tokens);
  /// Replaces `out`. A given id keeps kind, size and cost of its first reference. Throws Error{kInput} for a
  /// prompt beyond kMaxPromptTokens.
  void build(const trace::Request& request, const std::vector<Segment>& segments,
             std::vector<PrefixBlock>& out);

 private:
  struct First {
    ArtefactKind kind;
    std::uint32_t tokens;
    std::uint64_t flops;
    std::uint64_t last_build;
  };
  void build_given(const trace::Request& request, const std::vector<Segment>& segments,
                   std::vector<PrefixBlock>& out);
  void derive(const std::vector<Segment>& segments, std::vector<PrefixBlock>& out) const;

  const Geometry& geometry_;
  std::uint32_t block_tokens_;
  Key root_;
  std::unordered_map<Key, First> first_;
  std::uint64_t builds_ = 0;
};

}  // namespace cachebench::model
