// SPDX-License-Identifier: Apache-2.0
#include "cache/similarity/similarity_index.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/error.h"
#include "core/hamming.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

using Codes = std::map<EntryId, std::uint64_t>;

std::vector<SimilarHit> slow_find(const Codes& codes, std::uint64_t query, const FindOptions& options) {
  std::vector<SimilarHit> hits;
  for (const auto& [id, code] : codes) {
    const double score = 1 - hamming_distance(code, query) / 64.0;
    if (score >= options.threshold) hits.push_back({.id = id, .score = score});
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const SimilarHit& x, const SimilarHit& y) { return x.score > y.score; });
  if (hits.size() > options.top_k) hits.resize(options.top_k);
  return hits;
}

std::uint64_t near(std::uint64_t code, std::uint64_t bits, Rng& rng) {
  for (; bits > 0; --bits) code ^= std::uint64_t{1} << rng.below(64);
  return code;
}

}  // namespace

TEST_CASE("an entry is found in the modality it was put in, with its score, and nowhere once erased") {
  SimilarityIndex index;
  index.insert(Modality::kText, EntryId{3}, 0xFF);
  index.insert(Modality::kImage, EntryId{3}, 0x0F);
  CHECK(index.find(Modality::kText, 0xFF) == std::vector<SimilarHit>{{.id = EntryId{3}, .score = 1}});
  CHECK(index.find(Modality::kImage, 0xFF) == std::vector<SimilarHit>{{.id = EntryId{3}, .score = 0.9375}});
  CHECK(index.find(Modality::kImage, 0xFFFF).empty());
  CHECK(index.size(Modality::kText) == 1);

  index.erase(Modality::kText, EntryId{3});
  CHECK_FALSE(index.contains(Modality::kText, EntryId{3}));
  CHECK(index.contains(Modality::kImage, EntryId{3}));
  index.erase(EntryId{3});
  index.erase(EntryId{77});
  CHECK(index.find(Modality::kImage, 0x0F).empty());
  CHECK(index.size(Modality::kImage) == 0);
}

TEST_CASE("inserting an entry again replaces its code") {
  SimilarityIndex index;
  index.insert(Modality::kImage, EntryId{1}, 0);
  index.insert(Modality::kImage, EntryId{1}, ~std::uint64_t{0});
  CHECK(index.size(Modality::kImage) == 1);
  CHECK(index.find(Modality::kImage, 0).empty());
  CHECK(index.find(Modality::kImage, ~std::uint64_t{0}).size() == 1);
}

TEST_CASE("a threshold outside 0 to 1 is refused in every modality") {
  const SimilarityIndex index;
  for (const double bad : {-0.1, 1.1, std::nan("")}) {
    CHECK_THROWS_AS((void)index.find(Modality::kText, 0, {.threshold = bad}), Error);
    CHECK_THROWS_AS((void)index.find(std::vector<float>{1}, {.threshold = bad}), Error);
  }
  CHECK(index.find(std::vector<float>{1}, {.threshold = 0}).empty());
}

TEST_CASE("entries that come, change and go are found as by looking at all of them") {
  Rng rng(21);
  SimilarityIndex index;
  std::map<Modality, Codes> expected;
  for (int step = 0; step < 20'000; ++step) {
    const Modality modality = rng.below(2) == 0 ? Modality::kText : Modality::kImage;
    Codes& codes = expected[modality];
    // Ids are drawn from few, so that most are erased and put in again many times.
    const EntryId id{static_cast<std::uint32_t>(rng.below(6000))};
    if (rng.below(3) == 0) {
      index.erase(modality, id);
      codes.erase(id);
    } else {
      const std::uint64_t base = rng.below(64) * 0x9E3779B97F4A7C15ULL;
      codes[id] = near(base, rng.below(10), rng);
      index.insert(modality, id, codes[id]);
    }
    if (step % 101 != 0) continue;
    const std::uint64_t query = near(rng.below(64) * 0x9E3779B97F4A7C15ULL, rng.below(4), rng);
    const FindOptions options{.threshold = 0.75 + static_cast<double>(rng.below(26)) / 100,
                              .top_k = 1 + rng.below(40)};
    CHECK(index.find(modality, query, options) == slow_find(codes, query, options));
    CHECK(index.size(modality) == codes.size());
  }
}

TEST_CASE("the first embedding sets the dimension; bad ones are refused and change nothing") {
  SimilarityIndex index;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(index.insert(EntryId{1}, std::vector<float>{nan, 1}) == VectorFault::kNotFinite);
  CHECK(index.insert(EntryId{1}, std::vector<float>{}) == VectorFault::kWrongDimension);
  CHECK(index.insert(EntryId{1}, std::vector<float>{0, 0, 0}) == VectorFault::kZeroNorm);
  CHECK(index.size(Modality::kEmbedding) == 0);
  REQUIRE(index.insert(EntryId{1}, std::vector<float>{3, 4}) == VectorFault::kNone);
  CHECK(index.insert(EntryId{2}, std::vector<float>{1, 2, 3}) == VectorFault::kWrongDimension);
  CHECK(index.contains(Modality::kEmbedding, EntryId{1}));
  const auto hits = index.find(std::vector<float>{30, 40}, {.threshold = 1});
  REQUIRE(hits.size() == 1);
  CHECK(hits[0].id == EntryId{1});
  CHECK(hits[0].score == doctest::Approx(1));
  CHECK(index.find(std::vector<float>{-3, -4}, {.threshold = 0}).empty());
  index.erase(EntryId{1});
  CHECK(index.find(std::vector<float>{3, 4}, {.threshold = 0}).empty());
}

TEST_CASE("a second look keeps what the finer code confirms and prefers the nearer of it") {
  SimilarityIndex index;
  const FineCode fine{0xFF, 0, 0xF0F0, 0};
  const auto off_by = [&](std::uint64_t mask) { return FineCode{fine[0] ^ mask, fine[1], fine[2], fine[3]}; };
  index.insert(EntryId{1}, PictureCode{.coarse = 0b11, .fine = off_by(0xFFFF00)});  // 16 bits
  index.insert(EntryId{2}, PictureCode{.coarse = 0b11, .fine = off_by(0x7)});       // 3
  index.insert(EntryId{3}, PictureCode{.coarse = 0b11, .fine = off_by(0x1)});       // 1
  index.insert(Modality::kImage, EntryId{4}, 0b11);
  const PictureCode query{.coarse = 0b11, .fine = fine};
  const auto ids = [&](const FindOptions& options) {
    std::vector<std::uint32_t> found;
    for (const SimilarHit& hit : index.find(query, options)) found.push_back(index_of(hit.id));
    return found;
  };
  CHECK(ids({.top_k = 9}) == std::vector<std::uint32_t>{3, 2, 1, 4});
  CHECK(ids({.top_k = 9, .fine_distance = kCopyFineDistance}) == std::vector<std::uint32_t>{3, 2});
  CHECK(ids({.top_k = 1, .fine_distance = 255}) == std::vector<std::uint32_t>{3});
  CHECK(ids({.top_k = 9, .fine_distance = 0}).empty());
  CHECK(ids({.top_k = 0}).empty());
  CHECK(index.find(query, {.top_k = 1})[0].score == 1);
  for (const int bad : {-1, 257}) CHECK_THROWS_AS((void)index.find(query, {.fine_distance = bad}), Error);
  // Whoever takes a slot does not inherit its fine code.
  index.erase(EntryId{3});
  index.insert(Modality::kImage, EntryId{5}, 0b11);
  CHECK(ids({.top_k = 9, .fine_distance = kCopyFineDistance}) == std::vector<std::uint32_t>{2});
}

TEST_CASE("a million codes of pictures and as many of texts leave room in a budget of 300 MB") {
  SimilarityIndex index;
  Rng rng(4);
  constexpr std::uint32_t kEntries = 200'000;
  for (std::uint32_t id = 0; id < kEntries; ++id) index.insert(Modality::kImage, EntryId{id}, rng.next());
  const double each = static_cast<double>(index.memory().value) / kEntries;
  MESSAGE("bytes an entry: " << each);
  CHECK(each < 110);
  CHECK(each > 8 + 4 + 4 * 8);
}
