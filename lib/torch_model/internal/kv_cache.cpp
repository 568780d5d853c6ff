// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/kv_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/error.h"

namespace cachebench::torch_model {

// Pages are written before they are read, so they are not cleared: what nobody uses never takes memory.
KvPool::KvPool(const model::TextConfig& config, at::ScalarType dtype, const Options& options)
    : options_(options),
      pool_(at::empty(
          {config.layers, 2, options.pages, config.kv_heads, options.page_tokens, config.head_dim}, dtype)) {
  for (std::int64_t page = options.pages; page-- > 0;) free_.push_back(page);
}

std::int64_t KvPool::free_pages() const {
  const MutexLock lock(mutex_);
  return static_cast<std::int64_t>(free_.size());
}

std::int64_t KvPool::take_page() {
  const MutexLock lock(mutex_);
  if (free_.empty()) {
    throw Error(ErrorKind::kEnvironment, fmt::format("all {} pages of {} tokens of the K/V pool are taken",
                                                     options_.pages, options_.page_tokens));
  }
  const std::int64_t page = free_.back();
  free_.pop_back();
  return page;
}

// Never allocates: every page was in the list once.
void KvPool::give_back(std::span<const std::int64_t> pages) noexcept {
  const MutexLock lock(mutex_);
  free_.insert(free_.end(), pages.rbegin(), pages.rend());
}

KvSequence::KvSequence(KvSequence&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)), pages_(std::move(other.pages_)), tokens_(other.tokens_) {}

KvSequence::~KvSequence() {
  if (pool_ != nullptr) pool_->give_back(pages_);
}

void KvSequence::extend(std::int64_t count) {
  const std::int64_t size = pool_->options_.page_tokens;
  const std::int64_t needed = (tokens_ + count + size - 1) / size;
  pages_.reserve(static_cast<std::size_t>(needed));
  while (static_cast<std::int64_t>(pages_.size()) < needed) pages_.push_back(pool_->take_page());
  tokens_ += count;
}

void KvSequence::store(std::int64_t layer, const at::Tensor& keys, const at::Tensor& values) {
  const std::int64_t size = pool_->options_.page_tokens;
  const std::int64_t count = keys.size(1);
  CACHEBENCH_CHECK(count <= tokens_, "{} tokens stored in a sequence of {}", count, tokens_);
  const at::Tensor of_layer = pool_->pool_[layer];
  for (std::int64_t done = 0; done < count;) {
    const std::int64_t at = tokens_ - count + done;
    const std::int64_t here = std::min(size - at % size, count - done);
    const std::int64_t page = pages_[static_cast<std::size_t>(at / size)];
    of_layer[0][page].narrow(1, at % size, here).copy_(keys.narrow(1, done, here));
    of_layer[1][page].narrow(1, at % size, here).copy_(values.narrow(1, done, here));
    done += here;
  }
}

KvSequence::KeysValues KvSequence::gather(std::int64_t layer) const {
  const at::Tensor index = at::tensor(pages_, at::kLong);
  const auto of = [&](std::int64_t which) {
    // [pages, kv heads, page_tokens, head_dim] → [kv heads, tokens, head_dim]
    const at::Tensor pages = pool_->pool_[layer][which].index_select(0, index).transpose(0, 1);
    return pages.reshape({pages.size(0), -1, pages.size(3)}).narrow(1, 0, tokens_);
  };
  return {of(0), of(1)};
}

void KvSequence::append_block(const at::Tensor& block, std::int64_t count) {
  extend(count);
  for (std::int64_t layer = 0; layer < block.size(1); ++layer) {
    store(layer, block[0][layer].narrow(1, 0, count), block[1][layer].narrow(1, 0, count));
  }
}

at::Tensor KvSequence::block(std::int64_t begin, std::int64_t end) const {
  const std::int64_t size = pool_->options_.page_tokens;
  const auto first = begin / size;
  const std::vector<std::int64_t> pages(pages_.begin() + first, pages_.begin() + (end + size - 1) / size);
  // [layers, 2, pages, kv heads, page_tokens, head_dim] → [2, layers, kv heads, tokens, head_dim]
  const at::Tensor taken =
      pool_->pool_.index_select(2, at::tensor(pages, at::kLong)).permute({1, 0, 3, 2, 4, 5});
  const at::Tensor rows = taken.reshape({2, taken.size(1), taken.size(2), -1, taken.size(5)});
  return rows.narrow(3, begin - first * size, end - begin).contiguous();
}

}  // namespace cachebench::torch_model
