// SPDX-License-Identifier: Apache-2.0
#include "cache/visual/embedding_store.h"

#include <doctest/doctest.h>

#include "cache/cache_fixtures.h"
#include "cache/visual/visual_fixtures.h"
#include "cache/visual/visual_kv_cache.h"
#include "core/error.h"

namespace cachebench::cache {
namespace {

using testing::embedding_of;
using testing::flat;

std::unique_ptr<StoredEmbedding> put(EmbeddingStore& store, std::uint64_t number, std::uint64_t bytes) {
  const auto content = embedding_of(number, bytes);
  const TensorView view{.meta = flat(bytes), .data = content};
  return store.put(Key{.hi = 0, .lo = number}, view.meta, &view);
}

std::vector<std::byte> read(const EmbeddingBytes& bytes, std::uint64_t size) {
  std::vector<std::byte> out(size);
  CHECK(bytes.read(out).status == tier::TransferStatus::kDone);
  return out;
}

TEST_CASE("host buffers keep their own copy, begin at a page, and outlive the entry for whoever reads") {
  const auto store = make_host_embedding_store();
  std::shared_ptr<const EmbeddingBytes> open;
  {
    const auto stored = put(*store, 1, 5000);
    open = stored->open();
  }
  CHECK(read(*open, 5000) == embedding_of(1, 5000));
  const auto view = open->host_view();
  CHECK(std::vector<std::byte>(view.begin(), view.end()) == embedding_of(1, 5000));
  CHECK(reinterpret_cast<std::uintptr_t>(view.data()) % 4096 == 0);
}

TEST_CASE("the engine's tiers hold embeddings until it evicts them") {
  testing::RealCache engine({{.capacity = 10'000}}, "none");
  const auto store = make_engine_embedding_store(engine.manager());
  auto first = put(*store, 1, 6000);
  REQUIRE(first);
  CHECK(read(*first->open(), 6000) == embedding_of(1, 6000));
  auto second = put(*store, 2, 6000);  // evicts the first
  REQUIRE(second);
  CHECK(first->open() == nullptr);
  CHECK(read(*second->open(), 6000) == embedding_of(2, 6000));
  CHECK(put(*store, 3, 10'001) == nullptr);  // larger than the tiers
  {
    const auto pinned = second->open();
    CHECK(put(*store, 4, 6000) == nullptr);  // nothing can go
  }
  second.reset();  // gives its room back
  CHECK(engine.manager().counters().tiers[0].used == Bytes{0});
}

TEST_CASE("the null store holds nothing and never refuses") {
  const auto store = make_null_embedding_store();
  const auto stored = store->put(Key{}, flat(1ULL << 50), nullptr);
  REQUIRE(stored);
  REQUIRE(stored->open());
  CHECK(stored->open()->host_view().empty());
  std::vector<std::byte> nothing;
  CHECK(stored->open()->read(nothing).status == tier::TransferStatus::kDone);
}

// A store whose memory runs out when the test says so.
class FailingStore final : public EmbeddingStore {
 public:
  explicit FailingStore(const bool& fails) : fails_(fails) {}
  [[nodiscard]] bool may_lose() const override { return true; }
  std::unique_ptr<StoredEmbedding> put(const Key& key, const TensorMeta& meta,
                                       const TensorView* content) override {
    return std::make_unique<Failing>(fails_, below_->put(key, meta, content));
  }

 private:
  struct Failing final : StoredEmbedding {
    Failing(const bool& says, std::unique_ptr<StoredEmbedding> there)
        : fails(says), below(std::move(there)) {}
    [[nodiscard]] std::shared_ptr<const EmbeddingBytes> open() override {
      if (fails) throw Error(ErrorKind::kEnvironment, "no memory, as the test wants it");
      return below->open();
    }
    const bool& fails;
    std::unique_ptr<StoredEmbedding> below;
  };
  const bool& fails_;
  std::unique_ptr<EmbeddingStore> below_ = make_host_embedding_store();
};

TEST_CASE("where the store fails nobody is left as a user: the block can go, and the registry too") {
  bool fails = false;
  VisualKVCache cache({.max_entries = 1, .max_vram_bytes = Bytes{100}},
                      {.store = std::make_unique<FailingStore>(fails)});
  const auto put = [&](std::uint64_t number) {
    const std::string hash = testing::hash_of(number);
    return cache.store({.identity = {.content_hash = hash}, .meta = testing::flat(10)}).status;
  };
  const auto get = [&](std::uint64_t number) {
    const std::string hash = testing::hash_of(number);
    return cache.lookup({.content_hash = hash});
  };
  CHECK(put(1) == VisualStoreStatus::kStored);
  VisualHandle user = get(1);
  fails = true;
  CHECK_THROWS_AS(static_cast<void>(get(1)), Error);
  CHECK_THROWS_AS(put(1), Error);  // in use, so it would be kept
  fails = false;
  CHECK(get(1).reuse_count() == 2);
  user.release();
  fails = true;
  CHECK_THROWS_AS(put(2), Error);
  fails = false;
  CHECK(put(3) == VisualStoreStatus::kStored);
  CHECK(cache.statistics().entries == 1);
  CHECK(cache.statistics().used == Bytes{10});
}

}  // namespace
}  // namespace cachebench::cache
