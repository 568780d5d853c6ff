// SPDX-License-Identifier: Apache-2.0
#include "cache/visual/embedding_store.h"

#include <doctest/doctest.h>

#include "cache/cache_fixtures.h"
#include "cache/visual/visual_fixtures.h"

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

}  // namespace
}  // namespace cachebench::cache
