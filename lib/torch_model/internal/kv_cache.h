// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/sync.h"
#include "model/geometry.h"

/// Keys and values of attention in pages of a fixed number of tokens, one pool for all sequences: a sequence
/// owns pages, not a range, so sequences grow, end and share the pool without copying. The pool is
/// thread-safe, a sequence thread-compatible. Throws Error{kEnvironment} when the pool has no page left.
namespace cachebench::torch_model {

class KvPool;

/// One sequence's pages, given back when it goes. Move-only; the pool outlives it.
class KvSequence {
 public:
  explicit KvSequence(KvPool& pool) : pool_(&pool) {}
  KvSequence(KvSequence&& other) noexcept;
  KvSequence& operator=(KvSequence&&) = delete;
  ~KvSequence();

  [[nodiscard]] std::int64_t tokens() const { return tokens_; }
  /// Makes `count` more tokens part of the sequence, in all layers; their content is written by `store`.
  /// Where it throws, the sequence is as long as it was.
  void extend(std::int64_t count);
  /// Takes the last tokens back, after a computation that failed. Their pages stay for the next ones.
  void shrink(std::int64_t count) { tokens_ -= count; }
  /// The last tokens of one layer: `keys` and `values` are [kv heads, n, head_dim], n at most tokens().
  void store(std::int64_t layer, const at::Tensor& keys, const at::Tensor& values);
  /// Everything of one layer, [kv heads, tokens, head_dim]: a copy gathered from the pages.
  struct KeysValues {
    at::Tensor keys;
    at::Tensor values;
  };
  [[nodiscard]] KeysValues gather(std::int64_t layer) const;

  /// Appends a block, [2, layers, kv heads, n, head_dim], or the first `count` tokens of it.
  void append_block(const at::Tensor& block, std::int64_t count);
  /// A copy of tokens [begin, end) as such a block.
  [[nodiscard]] at::Tensor block(std::int64_t begin, std::int64_t end) const;

 private:
  KvPool* pool_;
  std::vector<std::int64_t> pages_;
  std::int64_t tokens_ = 0;
};

struct KvPoolOptions {
  std::int64_t pages = 0;
  std::int64_t page_tokens = 16;
};

class KvPool {
 public:
  using Options = KvPoolOptions;
  KvPool(const model::TextConfig& config, at::ScalarType dtype, const Options& options);

  [[nodiscard]] std::int64_t free_pages() const CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] std::int64_t page_tokens() const { return options_.page_tokens; }
  /// Of all pages together.
  [[nodiscard]] std::int64_t capacity_tokens() const { return options_.pages * options_.page_tokens; }

 private:
  friend class KvSequence;
  [[nodiscard]] std::int64_t take_page() CACHEBENCH_EXCLUDES(mutex_);
  void give_back(std::span<const std::int64_t> pages) noexcept CACHEBENCH_EXCLUDES(mutex_);

  Options options_;
  at::Tensor pool_;  ///< [layers, 2, pages, kv heads, page_tokens, head_dim]
  mutable Mutex mutex_;
  std::vector<std::int64_t> free_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::torch_model
