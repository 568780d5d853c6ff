// SPDX-License-Identifier: Apache-2.0
#include "cache/visual/visual_handle.h"

#include <doctest/doctest.h>

#include "cache/visual/visual_fixtures.h"
#include "cache/visual/visual_kv_cache.h"

namespace cachebench::cache {
namespace {

using testing::embedding_of;
using testing::flat;
using testing::hash_of;

VisualStoreResult store(VisualKVCache& cache, const std::string& hash, std::uint64_t number) {
  const auto content = embedding_of(number, 64);
  const TensorView view{.meta = flat(64), .data = content};
  return cache.store({.identity = {.content_hash = hash},
                      .meta = view.meta,
                      .content = &view,
                      .resolution = Resolution{.width = 640, .height = 480}});
}

TEST_CASE("a handle counts as one user from the look-up to its end, wherever it moves") {
  VisualKVCache cache;
  const std::string hash = hash_of(1);
  VisualHandle first = store(cache, hash, 1).handle;
  CHECK(first.reuse_count() == 1);
  {
    VisualHandle second = cache.lookup({.content_hash = hash});
    CHECK(first.reuse_count() == 2);
    VisualHandle moved = std::move(second);
    CHECK_FALSE(second);  // NOLINT(bugprone-use-after-move): moved from is nothing
    CHECK(moved.reuse_count() == 2);
    moved = std::move(first);  // gives up what it had
    CHECK(moved.reuse_count() == 1);
    moved.release();
    moved.release();
    CHECK_FALSE(moved);
  }
  CHECK(cache.lookup({.content_hash = hash}).reuse_count() == 1);
  CHECK(cache.statistics().most_users == 2);
}

TEST_CASE("a block says everything the registry knows of it") {
  VirtualClock clock;
  clock.advance(Nanoseconds{42});
  VisualKVCache cache({}, {.clock = &clock});
  const std::string hash = hash_of(1);
  (void)store(cache, hash, 1);
  (void)cache.lookup({.content_hash = hash});
  clock.advance(Nanoseconds{100});
  const VisualHandle handle = cache.lookup({.content_hash = hash});
  const VisualEmbeddingBlock block = handle.block();
  CHECK(block.content_hash == hash);
  CHECK(block.modality == VisualModality::kImage);
  CHECK(block.resolution == Resolution{.width = 640, .height = 480});
  CHECK(block.encoder_model == "Qwen3-VL-235B-A22B-Instruct");
  CHECK(block.created_at == Nanoseconds{42});
  CHECK(block.access_count == 2);
  CHECK(block.estimated_vram_bytes == Bytes{64});
  CHECK(block.embedding.meta == flat(64));
  CHECK(std::vector<std::byte>(block.embedding.data.begin(), block.embedding.data.end()) ==
        embedding_of(1, 64));
}

}  // namespace
}  // namespace cachebench::cache
