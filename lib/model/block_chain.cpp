// SPDX-License-Identifier: Apache-2.0
#include "model/block_chain.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/check.h"
#include "core/error.h"
#include "core/hash.h"

namespace cachebench::model {
namespace {

// The segments one after the other, asked for ascending spans.
class SegmentCursor {
 public:
  explicit SegmentCursor(const std::vector<Segment>& segments) : segments_(segments) {}

  // Calls `visit(segment, overlap)` for each segment that shares tokens with `span`.
  template <typename Visit>
  void overlaps(const TokenSpan& span, Visit visit) {
    while (at_ < segments_.size() && segments_[at_].span.end <= span.begin) ++at_;
    for (std::size_t i = at_; i < segments_.size() && segments_[i].span.begin < span.end; ++i) {
      const TokenSpan& own = segments_[i].span;
      visit(segments_[i], TokenSpan{std::max(own.begin, span.begin), std::min(own.end, span.end)});
    }
  }

 private:
  const std::vector<Segment>& segments_;
  std::size_t at_ = 0;
};

}  // namespace

BlockChain::BlockChain(const Geometry& geometry, std::uint32_t block_tokens)
    : geometry_(geometry),
      block_tokens_(block_tokens),
      root_(derive_key(hash_key("prefix blocks"), block_tokens, geometry.fingerprint())) {
  CACHEBENCH_CHECK(block_tokens > 0);
}

void BlockChain::build(const trace::Request& request, const std::vector<Segment>& segments,
                       std::vector<PrefixBlock>& out) {
  out.clear();
  ++builds_;
  if (request.has_blocks) {
    build_given(request, segments, out);
  } else {
    derive(segments, out);
  }
}

void BlockChain::build_given(const trace::Request& request, const std::vector<Segment>& segments,
                             std::vector<PrefixBlock>& out) {
  SegmentCursor cursor(segments);
  std::uint64_t next = 0;
  for (const trace::BlockRef& reference : request.prefix_blocks) {
    const std::uint32_t tokens = std::max(reference.tokens, 1U);  // an entry always has a size
    if (tokens > kMaxPromptTokens - next) {
      throw Error(ErrorKind::kInput, fmt::format("request {}: a prompt of more than {} tokens",
                                                 request.sequence, kMaxPromptTokens));
    }
    const TokenSpan span{next, next + tokens};
    ArtefactKind kind = ArtefactKind::kKvBlock;
    cursor.overlaps(span, [&](const Segment& segment, const TokenSpan&) {
      if (segment.kind == SegmentKind::kImage) kind = ArtefactKind::kCrossModalAttention;
    });
    const auto [found, is_new] = first_.try_emplace(reference.key, First{kind, tokens, 0, 0});
    First& first = found->second;
    if (is_new) first.flops = geometry_.layers_flops(tokens, next);
    out.push_back({.key = reference.key,
                   .kind = first.kind,
                   .tokens = first.tokens,
                   .flops = first.flops,
                   .span = span,
                   .given = true,
                   .repeated = first.last_build == builds_});
    first.last_build = builds_;
    next = span.end;
  }
}

void BlockChain::derive(const std::vector<Segment>& segments, std::vector<PrefixBlock>& out) const {
  const std::uint64_t total = segments.empty() ? 0 : segments.back().span.end;
  SegmentCursor cursor(segments);
  Key key = root_;
  for (std::uint64_t begin = 0; begin + block_tokens_ <= total; begin += block_tokens_) {
    const TokenSpan span{begin, begin + block_tokens_};
    ArtefactKind kind = ArtefactKind::kKvBlock;
    cursor.overlaps(span, [&](const Segment& segment, const TokenSpan& shared) {
      if (segment.kind == SegmentKind::kImage) kind = ArtefactKind::kCrossModalAttention;
      const std::uint64_t from = shared.begin - segment.span.begin;
      const std::uint64_t to = shared.end - segment.span.begin;
      key = derive_key(key, segment.id.hi, segment.id.lo, from << 32U | to);
    });
    out.push_back({.key = key,
                   .kind = kind,
                   .tokens = block_tokens_,
                   .flops = geometry_.layers_flops(block_tokens_, begin),
                   .span = span,
                   .given = false,
                   .repeated = false});
  }
}

}  // namespace cachebench::model
