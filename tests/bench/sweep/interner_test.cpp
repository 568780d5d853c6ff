// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/interner.h"

#include <doctest/doctest.h>

#include <unordered_map>

#include "core/rng.h"

namespace cachebench::bench {
namespace {

TEST_CASE("keys are numbered in the order of first appearance") {
  Interner<std::uint64_t> interner;
  std::unordered_map<std::uint64_t, std::uint32_t> reference;
  Rng rng(1);
  for (int i = 0; i < 60000; ++i) {
    // Dense small keys, multiples that share low bits, and the extremes.
    std::uint64_t key = rng.below(20000);
    if (rng.below(3) == 0) key <<= 44;
    if (rng.below(50) == 0) key = UINT64_MAX - rng.below(3);
    // Around the border between the table and the hash.
    if (rng.below(50) == 0) key = Interner<std::uint64_t>::kSmallKeys - 2 + rng.below(4);
    interner.make_room(1);
    interner.prefetch(key);
    const auto expected = static_cast<std::uint32_t>(reference.size());
    CHECK(interner.intern(key) == reference.emplace(key, expected).first->second);
  }
  CHECK(interner.size() == reference.size());
}

TEST_CASE("a batch is numbered as its keys one by one are") {
  struct Record {
    std::uint64_t key;
    int other;
  };
  Interner<std::uint64_t> batches;
  Interner<std::uint64_t> singles;
  Rng rng(2);
  for (int i = 0; i < 200; ++i) {
    std::vector<Record> records(rng.below(100));
    for (Record& record : records) {
      // New small keys come within a batch, so that the table grows in its midst.
      record.key =
          rng.below(4) == 0 ? UINT64_MAX - rng.below(50) : rng.below(20 + static_cast<unsigned>(i) * 40);
    }
    const std::span<const Record> batch(records);
    batches.make_room(batch.size());
    singles.make_room(batch.size());
    batches.prefetch(batch, &Record::key);
    std::vector<std::uint32_t> ids(batch.size());
    batches.intern(batch, &Record::key, ids);
    for (std::size_t k = 0; k < batch.size(); ++k) CHECK(ids[k] == singles.intern(batch[k].key));
  }
  CHECK(batches.size() == singles.size());
}

TEST_CASE("room once made serves a whole batch") {
  Interner<Key> interner;
  interner.make_room(100000);
  for (std::uint32_t i = 0; i < 100000; ++i) CHECK(interner.intern(Key{i % 7, i}) == i);
  for (std::uint32_t i = 0; i < 100000; ++i) CHECK(interner.intern(Key{i % 7, i}) == i);
  CHECK(interner.size() == 100000);
}

}  // namespace
}  // namespace cachebench::bench
