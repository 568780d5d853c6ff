// SPDX-License-Identifier: Apache-2.0
#include "pipeline/kv_offload.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/check.h"
#include "core/hash.h"

namespace cachebench::pipeline {
namespace {

constexpr std::string_view kParked = "keys and values of a sequence that waits";

}  // namespace

KvOffload::KvOffload(cache::HierarchicalCacheManager& cache, const model::Geometry& geometry,
                     std::uint64_t block_tokens)
    : cache_(cache), geometry_(geometry), block_tokens_(block_tokens) {
  CACHEBENCH_CHECK(block_tokens > 0);
}

ParkedKv KvOffload::park(const model::Sequence& sequence) {
  ParkedKv parked;
  const std::uint64_t number = sequences_.fetch_add(1);
  const std::uint64_t tokens = sequence.tokens();
  offered_ += geometry_.kv(tokens).bytes().value;
  for (std::uint64_t begin = 0; begin < tokens; begin += block_tokens_) {
    const std::uint64_t end = std::min(tokens, begin + block_tokens_);
    const SharedTensor block = sequence.kv_block({.begin = begin, .end = end});
    if (!block) break;
    cache::EntryDescription what;
    // Named by the sequence and not by its content: nobody else may find it, and it goes when it is read.
    what.key = derive_key(hash_key(kParked), geometry_.fingerprint(), number, begin);
    what.kind = ArtefactKind::kKvBlock;
    what.meta = block.meta();
    what.bytes = block.bytes();
    what.depth = static_cast<std::uint32_t>(begin / block_tokens_);
    const TensorView view = block.view();
    if (cache_.put(what, &view, nullptr).status == cache::PutStatus::kRefused) break;
    taken_ += what.bytes.value;
    parked.blocks.push_back(what);
  }
  return parked;
}

SharedTensor KvOffload::read(const cache::EntryDescription& block) {
  cache::TensorHandle found = cache_.hold(block.key);
  if (!found || !found.has_bytes()) return {};
  std::vector<std::byte> bytes(found.meta().bytes().value);
  if (found.meta() != block.meta || found.read(bytes).status != tier::TransferStatus::kDone) {
    cache_.report_corrupt(found);
    return {};
  }
  return {block.meta, std::move(bytes)};
}

std::vector<SharedTensor> KvOffload::fetch(ParkedKv parked) {
  ++resumed_;
  std::vector<SharedTensor> blocks;
  for (const cache::EntryDescription& what : parked.blocks) {
    SharedTensor block = read(what);
    if (!block) break;
    returned_ += block.bytes().value;
    blocks.push_back(std::move(block));
  }
  forget(parked);
  return blocks;
}

void KvOffload::forget(const ParkedKv& parked) {
  for (const cache::EntryDescription& what : parked.blocks) cache_.erase(what.key);
}

OffloadCounts KvOffload::counts() const {
  return {.parked = sequences_,
          .resumed = resumed_,
          .offered = Bytes{offered_},
          .taken = Bytes{taken_},
          .returned = Bytes{returned_}};
}

}  // namespace cachebench::pipeline
