// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/kv_cache.h"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

#include "core/error.h"
#include "core/rng.h"
#include "torch_model/tiny_model.h"

using namespace cachebench;
using namespace cachebench::torch_model;
using cachebench::torch_model::testing::random_tensor;

namespace {

const model::TextConfig& config() {
  static const model::TextConfig text = torch_model::testing::tiny_config().text;
  return text;
}

at::Tensor some(std::int64_t tokens, std::uint64_t seed) {
  return random_tensor({config().kv_heads, tokens, config().head_dim}, seed);
}

// A sequence beside plain tensors that grow by concatenation.
struct Checked {
  explicit Checked(KvPool& pool) : sequence(pool) {}
  void append(std::int64_t tokens, std::uint64_t seed) {
    sequence.extend(tokens);
    for (std::int64_t layer = 0; layer < std::int64_t{config().layers}; ++layer) {
      const at::Tensor k = some(tokens, seed + static_cast<std::uint64_t>(layer));
      const at::Tensor v = some(tokens, seed + 100 + static_cast<std::uint64_t>(layer));
      sequence.store(layer, k, v);
      if (keys.size() <= static_cast<std::size_t>(layer)) {
        keys.push_back(k);
        values.push_back(v);
      } else {
        keys[static_cast<std::size_t>(layer)] = at::cat({keys[static_cast<std::size_t>(layer)], k}, 1);
        values[static_cast<std::size_t>(layer)] = at::cat({values[static_cast<std::size_t>(layer)], v}, 1);
      }
    }
  }
  void check() const {
    for (std::size_t layer = 0; layer < keys.size(); ++layer) {
      const KvSequence::KeysValues all = sequence.gather(static_cast<std::int64_t>(layer));
      CHECK(at::equal(all.keys, keys[layer]));
      CHECK(at::equal(all.values, values[layer]));
    }
  }
  KvSequence sequence;
  std::vector<at::Tensor> keys;
  std::vector<at::Tensor> values;
};

}  // namespace

TEST_CASE("sequences that grow side by side keep their own content") {
  KvPool pool(config(), at::kFloat, {.pages = 40, .page_tokens = 4});
  Rng rng(7);
  std::vector<std::optional<Checked>> sequences(4);
  for (std::uint64_t step = 0; step < 60; ++step) {
    std::optional<Checked>& one = sequences[rng.below(4)];
    if (!one || one->sequence.tokens() > 24) {
      one.reset();
      one.emplace(pool);
    }
    one->append(1 + static_cast<std::int64_t>(rng.below(9)), step * 1000);
    for (const std::optional<Checked>& each : sequences) {
      if (each) each->check();
    }
  }
  sequences.clear();
  CHECK(pool.free_pages() == 40);
}

TEST_CASE("a pool that is used up says so, and pages come back") {
  KvPool pool(config(), at::kFloat, {.pages = 2, .page_tokens = 4});
  {
    KvSequence sequence(pool);
    sequence.extend(8);
    CHECK_THROWS_AS(sequence.extend(1), Error);
    const KvSequence moved(std::move(sequence));
    CHECK(pool.free_pages() == 0);
  }
  CHECK(pool.free_pages() == 2);
}

TEST_CASE("blocks taken from one sequence make another, and what failed is taken back") {
  KvPool pool(config(), at::kFloat, {.pages = 20, .page_tokens = 4});
  Checked source(pool);
  source.append(11, 5);
  KvSequence copy(pool);
  copy.append_block(source.sequence.block(0, 3), 3);
  copy.append_block(source.sequence.block(3, 11), 6);  // all but the last two
  CHECK(copy.tokens() == 9);
  for (std::int64_t layer = 0; layer < std::int64_t{config().layers}; ++layer) {
    CHECK(at::equal(copy.gather(layer).keys, source.sequence.gather(layer).keys.narrow(1, 0, 9)));
    CHECK(at::equal(copy.gather(layer).values, source.sequence.gather(layer).values.narrow(1, 0, 9)));
  }
  copy.extend(3);
  copy.shrink(3);
  CHECK(copy.tokens() == 9);
  CHECK(at::equal(copy.block(0, 9), source.sequence.block(0, 9)));
}
