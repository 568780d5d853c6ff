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

/// Gives up the blocks of a sequence that goes on, whether or not they could be read.
class Forgetting {
 public:
  Forgetting(KvOffload& offload, const ParkedKv& parked) : offload_(offload), parked_(parked) {}
  Forgetting(const Forgetting&) = delete;
  Forgetting& operator=(const Forgetting&) = delete;
  ~Forgetting() {
    try {
      offload_.forget(parked_);
    } catch (...) {  // they stay until the cache needs their room; nobody takes them for another's
    }
  }

 private:
  KvOffload& offload_;
  const ParkedKv& parked_;
};

}  // namespace

KvOffload::KvOffload(cache::HierarchicalCacheManager& cache, const model::Geometry& geometry,
                     std::uint64_t block_tokens, std::uint64_t owner)
    : cache_(cache),
      geometry_(geometry),
      block_tokens_(block_tokens),
      name_(derive_key(hash_key(kParked), geometry.fingerprint(), owner)) {
  CACHEBENCH_CHECK(block_tokens > 0);
}

std::uint64_t KvOffload::next_owner() {
  static std::atomic<std::uint64_t> owners{0};
  return owners.fetch_add(1);
}

ParkedKv KvOffload::park(const model::Sequence& sequence) {
  ParkedKv parked;
  try {
    park_blocks(sequence, parked);
  } catch (...) {
    forget(parked);
    throw;
  }
  return parked;
}

void KvOffload::park_blocks(const model::Sequence& sequence, ParkedKv& parked) {
  const std::uint64_t number = sequences_.fetch_add(1);
  ++parked_;
  const std::uint64_t tokens = sequence.tokens();
  offered_ += geometry_.kv(tokens).bytes().value;
  for (std::uint64_t begin = 0; begin < tokens; begin += block_tokens_) {
    const std::uint64_t end = std::min(tokens, begin + block_tokens_);
    const SharedTensor block = sequence.kv_block({.begin = begin, .end = end});
    if (!block) break;
    cache::EntryDescription what;
    // Named by the sequence and not by its content: nobody else may find it, and it goes when it is read.
    what.key = derive_key(name_, number, begin);
    what.kind = ArtefactKind::kKvBlock;
    what.meta = block.meta();
    what.bytes = block.bytes();
    what.depth = static_cast<std::uint32_t>(begin / block_tokens_);
    const TensorView view = block.view();
    parked.blocks.push_back(what);
    if (!store(what, view)) {
      parked.blocks.pop_back();
      break;
    }
    taken_ += what.bytes.value;
  }
}

// An entry that is there already holds what a process before this one left in a store that is kept: putting
// would touch it and keep its content.
bool KvOffload::store(const cache::EntryDescription& what, const TensorView& content) {
  cache::PutStatus status = cache_.put(what, &content, nullptr).status;
  if (status == cache::PutStatus::kTouched && cache_.erase(what.key))
    status = cache_.put(what, &content, nullptr).status;
  return status == cache::PutStatus::kStored;
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
  const Forgetting afterwards(*this, parked);
  std::vector<SharedTensor> blocks;
  for (const cache::EntryDescription& what : parked.blocks) {
    SharedTensor block = read(what);
    if (!block) break;
    returned_ += block.bytes().value;
    blocks.push_back(std::move(block));
  }
  return blocks;
}

void KvOffload::forget(const ParkedKv& parked) {
  for (const cache::EntryDescription& what : parked.blocks) cache_.erase(what.key);
}

OffloadCounts KvOffload::counts() const {
  return {.parked = parked_,
          .resumed = resumed_,
          .offered = Bytes{offered_},
          .taken = Bytes{taken_},
          .returned = Bytes{returned_}};
}

void KvOffload::reset_counts() {
  for (std::atomic<std::uint64_t>* count : {&parked_, &resumed_, &offered_, &taken_, &returned_}) *count = 0;
}

}  // namespace cachebench::pipeline
