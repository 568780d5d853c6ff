// SPDX-License-Identifier: Apache-2.0
#include "cache/visual/visual_kv_cache.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

#include "cache/cache_fixtures.h"
#include "cache/visual/visual_fixtures.h"
#include "core/error.h"
#include "core/rng.h"

namespace cachebench::cache {
namespace {

using testing::embedding_of;
using testing::flat;
using testing::hash_of;
using Status = VisualStoreStatus;

VisualStoreResult store(VisualKVCache& cache, std::uint64_t number, std::uint64_t bytes) {
  const std::string hash = hash_of(number);
  const auto content = embedding_of(number, bytes);
  const TensorView view{.meta = flat(bytes), .data = content};
  return cache.store({.identity = {.content_hash = hash}, .meta = view.meta, .content = &view});
}

/// Puts and lets go.
Status put(VisualKVCache& cache, std::uint64_t number, std::uint64_t bytes = 10) {
  return store(cache, number, bytes).status;
}

VisualHandle get(VisualKVCache& cache, std::uint64_t number) {
  const std::string hash = hash_of(number);
  return cache.lookup({.content_hash = hash});
}

bool holds(VisualKVCache& cache, std::uint64_t number, std::uint64_t bytes) {
  const VisualHandle handle = get(cache, number);
  if (!handle) return false;
  std::vector<std::byte> out(bytes);
  CHECK(handle.meta() == flat(bytes));
  CHECK(handle.read(out).status == tier::TransferStatus::kDone);
  CHECK(out == embedding_of(number, bytes));
  return true;
}

VisualKVCacheOptions options_of(std::uint64_t entries, std::uint64_t bytes,
                                const std::string& eviction = "lfu") {
  return {
      .max_entries = entries, .max_vram_bytes = Bytes{bytes}, .eviction = parse_named_parameters(eviction)};
}

TEST_CASE("a miss, a store, a hit: embedding, sharing and saving") {
  VisualKVCache cache;
  const std::string hash = VisualKVCache::compute_content_hash(embedding_of(5, 100));
  const BatchShape single{.image_count = 1, .width = 64, .height = 64};
  VisualCacheResult miss = cache.query({.content_hash = hash}, single);
  CHECK_FALSE(miss.cache_hit);
  CHECK(miss.content_hash == hash);
  CHECK_FALSE(miss.embedding);
  CHECK(miss.reuse_count == 0);
  CHECK(miss.vram_saved_bytes == Bytes{0});
  CHECK_FALSE(miss.dp_mode_recommended);
  CHECK(miss.engine_flag.empty());
  const auto content = embedding_of(5, 2 * 3 * 4);
  const TensorView view{.meta = {.shape = {2, 3}, .dtype = DType::kF32}, .data = content};
  (void)cache.store({.identity = {.content_hash = hash}, .meta = view.meta, .content = &view});
  const VisualCacheResult hit = cache.query({.content_hash = hash}, {.image_count = 2});
  const VisualCacheResult again = cache.query({.content_hash = hash}, {.image_count = 2});
  CHECK(hit.cache_hit);
  CHECK(hit.reuse_count == 1);
  CHECK(again.reuse_count == 2);
  CHECK(hit.vram_saved_bytes == Bytes{24});
  CHECK(hit.embedding.embedding().meta == view.meta);
  CHECK(hit.dp_mode_recommended);
  CHECK(hit.engine_flag == "--mm-encoder-tp-mode data");
}

TEST_CASE("the statistics have the source's names, and clear forgets entries and counts") {
  VisualKVCache cache;
  CHECK_FALSE(get(cache, 1));
  (void)put(cache, 1, 100);
  CHECK(get(cache, 1));
  CHECK(get(cache, 1));
  (void)cache.get_dp_mode_recommendation({.image_count = 3});
  (void)cache.get_dp_mode_recommendation({.image_count = 12, .width = 256, .height = 256});
  const VisualKVCache::NamedStats expected{{{"visual_cache_hits", 2},
                                            {"visual_cache_misses", 1},
                                            {"visual_cache_hit_rate", 2.0 / 3},
                                            {"visual_vram_saved_bytes", 200},
                                            {"visual_cache_entries", 1},
                                            {"dp_mode_recommendations", 1}}};
  CHECK(cache.get_cache_stats() == expected);
  CHECK(cache.statistics().data_parallel.refusals() == 1);
  cache.clear();
  for (const auto& named : cache.get_cache_stats()) {
    CAPTURE(named.first);
    CHECK(named.second == 0);
  }
  CHECK(cache.statistics().used == Bytes{0});
  CHECK_FALSE(get(cache, 1));
  CHECK(put(cache, 1, 100) == Status::kStored);
}

TEST_CASE("embeddings of every rank count the bytes they have") {
  VisualKVCache cache;
  const Shape shapes[] = {{7}, {7, 5}, {7, 5, 3}, {7, 5, 3, 2}, {7, 5, 3, 2, 2}, {7, 5, 3, 2, 2, 3}};
  const DType dtypes[] = {DType::kU8, DType::kF16, DType::kBF16, DType::kF32, DType::kI64};
  std::uint64_t number = 0;
  Bytes sum;
  for (const Shape& shape : shapes) {
    for (const DType dtype : dtypes) {
      const TensorMeta meta{.shape = shape, .dtype = dtype};
      auto content = embedding_of(++number, meta.bytes().value);
      for (std::byte& byte : content) byte &= std::byte{0x3F};  // finite in every type
      const TensorView view{.meta = meta, .data = content};
      const std::string hash = hash_of(number);
      CHECK(cache.store({.identity = {.content_hash = hash}, .meta = meta, .content = &view}).status ==
            Status::kStored);
      sum += Bytes{shape.elements() * size_of(dtype)};
      CHECK(cache.statistics().used == sum);
      const VisualHandle handle = cache.lookup({.content_hash = hash});
      REQUIRE(handle);
      CHECK(handle.meta() == meta);
      const auto read = handle.embedding().data;
      CHECK(std::vector<std::byte>(read.begin(), read.end()) == content);
    }
  }
}

TEST_CASE("modalities and encoders do not share, models of one encoder do") {
  VisualKVCache cache;
  const std::string hash = hash_of(1);
  const auto content = embedding_of(1, 8);
  const TensorView view{.meta = flat(8), .data = content};
  const VisualIdentity shared{.content_hash = hash, .encoder_model = "tower-a"};
  (void)cache.store({.identity = shared, .meta = view.meta, .content = &view});
  CHECK(cache.lookup(shared));
  CHECK_FALSE(cache.lookup({.content_hash = hash, .encoder_model = "tower-b"}));
  CHECK_FALSE(cache.lookup({.content_hash = hash}));
  CHECK_FALSE(
      cache.lookup({.content_hash = hash, .modality = VisualModality::kVideo, .encoder_model = "tower-a"}));
}

TEST_CASE("storing again replaces, and the bytes are those of the new block") {
  VisualKVCache cache(options_of(10, 100));
  CHECK(put(cache, 1, 60) == Status::kStored);
  CHECK(get(cache, 1));
  CHECK(put(cache, 1, 90) == Status::kReplaced);  // 60 + 90 never exist together
  CHECK(cache.statistics().used == Bytes{90});
  CHECK(cache.statistics().entries == 1);
  CHECK(holds(cache, 1, 90));
  CHECK(get(cache, 1).block().access_count == 2);  // counted anew
  CHECK(put(cache, 1, 101) == Status::kTooLarge);
  CHECK(holds(cache, 1, 90));  // a refusal changes nothing
  CHECK(put(cache, 1, 5) == Status::kReplaced);
  CHECK(cache.statistics().used == Bytes{5});
  CHECK(cache.statistics().evictions == 0);
  CHECK(cache.statistics().refusals == 1);
}

TEST_CASE("a block in use is neither replaced nor evicted") {
  VisualKVCache cache(options_of(2, 100));
  const VisualHandle used = store(cache, 1, 40).handle;
  const VisualStoreResult same = store(cache, 1, 40);
  CHECK(same.status == Status::kKept);
  CHECK(same.handle.reuse_count() == 2);
  CHECK(store(cache, 1, 41).status == Status::kInUse);
  const VisualHandle second = store(cache, 2, 40).handle;
  CHECK(store(cache, 3, 10).status == Status::kAllInUse);
  CHECK(cache.statistics().evictions == 0);
  CHECK(holds(cache, 1, 40));
  CHECK(holds(cache, 2, 40));
}

TEST_CASE("what is cleared while in use is read on, and counts until its last user has gone") {
  VisualKVCache cache(options_of(2, 100));
  VisualHandle used = store(cache, 1, 70).handle;
  cache.clear();
  CHECK(cache.statistics().used == Bytes{70});
  CHECK(cache.statistics().entries == 0);
  CHECK(put(cache, 2, 31) == Status::kAllInUse);
  CHECK(put(cache, 1, 30) == Status::kStored);  // the same content anew
  CHECK(used.embedding().data.size() == 70);
  CHECK(std::vector<std::byte>(used.embedding().data.begin(), used.embedding().data.end()) ==
        embedding_of(1, 70));
  used.release();
  CHECK(cache.statistics().used == Bytes{30});
  CHECK(put(cache, 2, 70) == Status::kStored);
}

TEST_CASE("INV-11: no eviction while no more than the stable minimum is resident") {
  const FixedQueueingController controller(2);
  VisualKVCache cache(options_of(3, 100), {.controller = &controller});
  for (std::uint64_t i = 1; i <= 3; ++i) CHECK(put(cache, i, 20) == Status::kStored);
  CHECK(put(cache, 4, 20) == Status::kStored);         // 3 > 2: one goes
  CHECK(put(cache, 5, 80) == Status::kStableMinimum);  // would take two
  CHECK(cache.statistics().entries == 3);              // and took none
  CHECK(cache.statistics().evictions == 1);
  CHECK(put(cache, 4, 60) == Status::kReplaced);  // the replaced block's room counts
  CHECK(put(cache, 4, 61) == Status::kReplaced);  // one eviction: 20 + 61
  CHECK(cache.statistics().entries == 2);
  CHECK(put(cache, 4, 90) == Status::kStableMinimum);
  CHECK(cache.statistics().evictions == 2);
  const FixedQueueingController all(100);
  VisualKVCache full(options_of(2, 100), {.controller = &all});
  CHECK(put(full, 1) == Status::kStored);
  CHECK(put(full, 2) == Status::kStored);
  CHECK(put(full, 3) == Status::kStableMinimum);  // where the source would loop for ever
  CHECK(holds(full, 1, 10));
  CHECK(holds(full, 2, 10));
  CHECK(QueueingController().get_minimum_stable_blocks() == 0);
}

TEST_CASE("the least frequently used goes first, not the least recently used") {
  const auto survivors = [](const std::string& policy) {
    VisualKVCache cache(options_of(3, 1000, policy));
    for (std::uint64_t i = 1; i <= 3; ++i) (void)put(cache, i);
    for (int i = 0; i < 3; ++i) (void)get(cache, 1);  // frequent, and longest ago
    (void)get(cache, 2);
    (void)get(cache, 3);
    (void)put(cache, 4);
    std::string kept;
    for (std::uint64_t i = 1; i <= 4; ++i) kept += get(cache, i) ? std::to_string(i) : "";
    return kept;
  };
  CHECK(survivors("lfu") == "134");  // 2 and 3 alike: the one touched longer ago
  CHECK(survivors("lru") == "234");
  CHECK(survivors("fifo") == "234");
}

// The slow and obvious registry: all blocks in a list.
class Reference {
 public:
  Reference(std::uint64_t entries, std::uint64_t bytes, bool by_count)
      : entries_(entries), bytes_(bytes), by_count_(by_count) {}

  bool lookup(std::uint64_t number) {
    ++now_;
    for (Block& block : blocks_) {
      if (block.number != number) continue;
      ++block.count;
      block.touched = now_;
      return true;
    }
    return false;
  }

  Status store(std::uint64_t number, std::uint64_t bytes, std::uint64_t minimum) {
    ++now_;
    if (bytes > bytes_) return Status::kTooLarge;
    std::vector<Block> after = blocks_;
    const bool replaces =
        std::erase_if(after, [&](const Block& block) { return block.number == number; }) > 0;
    const std::size_t resident = blocks_.size();
    std::size_t evicted = 0;
    while (after.size() >= entries_ || used_of(after) + bytes > bytes_) {
      if (resident - evicted <= minimum) return Status::kStableMinimum;
      after.erase(victim_of(after));
      ++evicted;
    }
    evictions += evicted;
    after.push_back({.number = number, .bytes = bytes, .count = 0, .touched = now_});
    blocks_ = std::move(after);
    return replaces ? Status::kReplaced : Status::kStored;
  }

  [[nodiscard]] std::uint64_t used() const { return used_of(blocks_); }
  [[nodiscard]] std::size_t size() const { return blocks_.size(); }
  std::uint64_t evictions = 0;

 private:
  struct Block {
    std::uint64_t number;
    std::uint64_t bytes;
    std::uint64_t count;
    std::uint64_t touched;
  };
  static std::uint64_t used_of(const std::vector<Block>& blocks) {
    std::uint64_t sum = 0;
    for (const Block& block : blocks) sum += block.bytes;
    return sum;
  }
  std::vector<Block>::iterator victim_of(std::vector<Block>& blocks) const {
    return std::min_element(blocks.begin(), blocks.end(), [&](const Block& a, const Block& b) {
      if (by_count_ && a.count != b.count) return a.count < b.count;
      return a.touched < b.touched;
    });
  }

  std::uint64_t entries_;
  std::uint64_t bytes_;
  bool by_count_;
  std::uint64_t now_ = 0;
  std::vector<Block> blocks_;
};

TEST_CASE("every outcome is that of the slow and obvious registry") {
  for (const char* policy : {"lfu", "lru"}) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
      CAPTURE(policy);
      CAPTURE(seed);
      Rng rng(seed);
      const std::uint64_t entries = 1 + rng.below(12);
      const std::uint64_t bytes = 50 + rng.below(400);
      const FixedQueueingController controller(seed % 3 == 0 ? rng.below(entries + 2) : 0);
      VisualKVCache cache(options_of(entries, bytes, policy),
                          {.store = make_null_embedding_store(), .controller = &controller});
      Reference reference(entries, bytes, policy == std::string("lfu"));
      for (int step = 0; step < 3000; ++step) {
        const std::uint64_t number = rng.below(30);
        if (rng.below(2) == 0) {
          REQUIRE(static_cast<bool>(get(cache, number)) == reference.lookup(number));
        } else {
          const std::uint64_t size = 1 + rng.below(seed % 2 == 0 ? 60 : 400);
          REQUIRE(put(cache, number, size) ==
                  reference.store(number, size, controller.get_minimum_stable_blocks()));
        }
        const VisualCacheStats stats = cache.statistics();
        REQUIRE(stats.used == Bytes{reference.used()});
        REQUIRE(stats.entries == reference.size());
        REQUIRE(stats.evictions == reference.evictions);
      }
    }
  }
}

TEST_CASE("every registered policy keeps the bounds and never evicts what is in use") {
  for (const policy::EvictionDescriptor& described : policy::EvictionRegistry::instance().items()) {
    CAPTURE(described.name);
    if (described.sees_future) {
      CHECK_THROWS_AS(VisualKVCache(options_of(4, 100, described.name)), Error);
      continue;
    }
    VisualKVCache cache(options_of(8, 200, described.name), {.store = make_null_embedding_store()});
    const VisualHandle kept = store(cache, 1000, 30).handle;
    Rng rng(3);
    for (int step = 0; step < 3000; ++step) {
      const std::uint64_t number = rng.below(60);
      if (!get(cache, number)) (void)put(cache, number, 1 + rng.below(60));
      const VisualCacheStats stats = cache.statistics();
      REQUIRE(stats.entries <= 8);
      REQUIRE(stats.used <= Bytes{200});
    }
    CHECK(cache.statistics().refusals == 0);
    CHECK(cache.statistics().evictions > 100);
    CHECK(get(cache, 1000));
  }
}

TEST_CASE("a stream of contents without end keeps no more than what may come back") {
  VisualKVCache cache(options_of(4, 1000, "arc"), {.store = make_null_embedding_store()});
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    REQUIRE(put(cache, i) == Status::kStored);
    if (i % 7 == 0) REQUIRE(get(cache, i));
    if (i % 11 == 0 && i > 500) REQUIRE(put(cache, i - 500) == Status::kStored);  // its old id
    REQUIRE(cache.statistics().entries <= 4);
  }
}

TEST_CASE("embeddings in the three-tier engine: what it evicts is a miss, and comes back") {
  testing::RealCache engine({{.capacity = 300}, {.capacity = 400}}, "demote-on-evict");
  VisualKVCache cache(options_of(100, 1000), {.store = make_engine_embedding_store(engine.manager())});
  for (std::uint64_t i = 1; i <= 6; ++i) CHECK(put(cache, i, 100) == Status::kStored);
  for (std::uint64_t i = 1; i <= 6; ++i) CHECK(holds(cache, i, 100));
  CHECK(engine.manager().counters().tiers[1].demotions_in > 0);
  for (std::uint64_t i = 7; i <= 9; ++i) CHECK(put(cache, i, 100) == Status::kStored);  // 900 for 700
  std::uint64_t hits = 0;
  for (std::uint64_t i = 1; i <= 9; ++i) hits += holds(cache, i, 100) ? 1U : 0U;
  CHECK(hits == 7);
  CHECK(cache.statistics().entries == 7);
  CHECK(cache.statistics().used == Bytes{700});
  cache.clear();
  CHECK(engine.manager().counters().tiers[0].used + engine.manager().counters().tiers[1].used == Bytes{0});
}

TEST_CASE("an embedding that is no numbers is refused before it reaches anybody") {
  VisualKVCache cache;
  const std::string hash = hash_of(1);
  std::vector<float> values(8, 1.5F);
  const auto store_them = [&] {
    const TensorView view{.meta = {.shape = {8}, .dtype = DType::kF32},
                          .data = std::as_bytes(std::span(values))};
    return cache.store({.identity = {.content_hash = hash}, .meta = view.meta, .content = &view}).status;
  };
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    values[5] = bad;
    CHECK_THROWS_WITH_AS(store_them(), "the embedding has a NaN or an infinity in it", Error);
  }
  CHECK(cache.statistics().entries == 0);
  values[5] = std::numeric_limits<float>::denorm_min();
  CHECK(store_them() == Status::kStored);
}

TEST_CASE("bad arguments are errors, each in one line") {
  VisualKVCache cache;
  const std::string hash = hash_of(1);
  const auto rejects = [&](const TensorMeta& meta, const std::string& encoder = "e") {
    const TensorView view{.meta = meta, .data = {}};
    CHECK_THROWS_AS(
        (void)cache.store(
            {.identity = {.content_hash = hash, .encoder_model = encoder}, .meta = meta, .content = &view}),
        Error);
  };
  rejects({.shape = {}, .dtype = DType::kF32});
  rejects({.shape = {0, 8}, .dtype = DType::kF32});
  rejects({.shape = {-1, 8}, .dtype = DType::kF32});
  rejects({.shape = {INT64_MAX, INT64_MAX}, .dtype = DType::kF32});
  rejects({.shape = {2, 8}, .dtype = DType::kF32});  // no such bytes
  rejects({.shape = {0}, .dtype = DType::kU8}, "");
  CHECK_THROWS_AS((void)cache.lookup({.content_hash = "abc"}), Error);
  CHECK_THROWS_AS(VisualKVCache(options_of(0, 10)), Error);
  CHECK_THROWS_AS(VisualKVCache(options_of(1, 10, "lfuu")), Error);
  CHECK(put(cache, 1) == Status::kStored);
  CHECK(std::string(name_of(Status::kStableMinimum)) == "stable_minimum");
}

TEST_CASE("agents on several threads share, and every count adds up") {
  constexpr std::uint64_t kThreads = 4;
  constexpr int kSteps = 3000;
  VisualKVCache cache(options_of(16, 16 * 256));
  std::atomic<std::uint64_t> lookups{0};
  std::atomic<std::uint64_t> wrong{0};
  const auto agent = [&](std::uint64_t seed) {
    Rng rng(seed);
    std::vector<VisualHandle> held;
    for (int step = 0; step < kSteps; ++step) {
      const std::uint64_t number = rng.below(40);
      VisualHandle handle = get(cache, number);
      lookups.fetch_add(1);
      if (!handle) handle = store(cache, number, 200).handle;
      if (handle) {
        const auto data = handle.embedding().data;
        if (data[7] != embedding_of(number, 8)[7] || handle.reuse_count() == 0) wrong.fetch_add(1);
        held.push_back(std::move(handle));
      }
      if (held.size() > 3) held.erase(held.begin());
      if (step % 1000 == 999) (void)cache.get_cache_stats();
    }
  };
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < kThreads; ++i) threads.emplace_back(agent, i + 1);
  for (std::thread& thread : threads) thread.join();
  const VisualCacheStats stats = cache.statistics();
  CHECK(wrong == 0);
  CHECK(stats.hits + stats.misses == lookups);
  CHECK(stats.entries <= 16);
  CHECK(stats.used == Bytes{stats.entries * 200});
  CHECK(stats.most_users > 1);
  cache.clear();
  CHECK(cache.statistics().used == Bytes{0});
}

}  // namespace
}  // namespace cachebench::cache
