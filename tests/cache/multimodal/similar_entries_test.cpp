// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/similar_entries.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>

#include "core/error.h"
#include "core/hamming.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

struct Known {
  ArtefactKind kind;
  ContentTraits traits;
};

double score_of(std::uint64_t a, std::uint64_t b) {
  return 1.0 - hamming_distance(a, b) / 64.0;
}

std::vector<SimilarHit> slow_find(const std::map<std::uint32_t, Known>& all, ArtefactKind kind,
                                  const ContentTraits& asked, const FindOptions& options) {
  std::vector<SimilarHit> hits;
  for (const auto& [id, known] : all) {
    if (known.kind != kind || known.traits.space != asked.space) continue;
    double score = 2;
    const auto weigh = [&](const auto& wanted, const auto& there) {
      if (wanted) score = there ? std::min(score, score_of(*wanted, *there)) : -1;
    };
    weigh(asked.text_code, known.traits.text_code);
    weigh(asked.image_code, known.traits.image_code);
    if (score >= options.threshold) hits.push_back({.id = EntryId{id}, .score = score});
  }
  std::sort(hits.begin(), hits.end(), [](const SimilarHit& a, const SimilarHit& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  });
  if (hits.size() > options.top_k) hits.resize(options.top_k);
  return hits;
}

}  // namespace

TEST_CASE("entries of one kind and space are found by code as looking at all of them finds them") {
  Rng rng(5);
  SimilarEntries entries;
  std::map<std::uint32_t, Known> all;
  constexpr std::array kKinds{ArtefactKind::kText, ArtefactKind::kImage, ArtefactKind::kTextImagePair};
  const auto some_code = [&] {  // near one of few centres, so that there is something to find
    std::uint64_t code = splitmix64(rng.below(4));
    for (std::uint64_t flips = rng.below(9); flips > 0; --flips) code ^= std::uint64_t{1} << rng.below(64);
    return code;
  };
  const auto some_traits = [&](ArtefactKind kind) {
    ContentTraits traits{.space = rng.below(2)};
    if (kind != ArtefactKind::kImage) traits.text_code = some_code();
    if (kind != ArtefactKind::kText) traits.image_code = some_code();
    return traits;
  };
  std::size_t found = 0;
  for (int step = 0; step < 4000; ++step) {
    const auto id = static_cast<std::uint32_t>(rng.below(150));
    const ArtefactKind kind = kKinds[rng.below(3)];
    switch (rng.below(3)) {
      case 0:
        all[id] = {.kind = kind, .traits = some_traits(kind)};
        entries.insert(EntryId{id}, kind, all[id].traits);
        break;
      case 1:
        all.erase(id);
        entries.erase(EntryId{id});
        break;
      default: {
        const ContentTraits asked = some_traits(kind);
        const FindOptions options{.threshold = 0.7 + 0.05 * static_cast<double>(rng.below(6)),
                                  .top_k = rng.below(5)};
        const auto hits = entries.find(kind, asked, options);
        REQUIRE(hits == slow_find(all, kind, asked, options));
        found += hits.size();
      }
    }
    REQUIRE(entries.size() == all.size());
  }
  CHECK(found > 500);
  CHECK(entries.memory().value > 0);
}

TEST_CASE("a second look finds pictures and pairs whose finer codes agree, and none without one") {
  SimilarEntries entries;
  const FineCode fine{0xFF, ~0ULL, 0, 0};
  const FindOptions confirmed{.threshold = 0.9, .top_k = 4, .fine_distance = 10};
  const FindOptions plain{.threshold = 0.9, .top_k = 4};
  entries.insert(EntryId{1}, ArtefactKind::kImage,
                 {.image_code = 0b111, .image_fine = FineCode{~0ULL, ~0ULL, 0, 0}});
  entries.insert(EntryId{2}, ArtefactKind::kImage,
                 {.image_code = 0b111, .image_fine = FineCode{0x7F, ~1ULL, 0, 0}});
  entries.insert(EntryId{3}, ArtefactKind::kImage, {.image_code = 0});
  const ContentTraits asked{.image_code = 0, .image_fine = fine};
  CHECK(entries.find(ArtefactKind::kImage, asked, plain).size() == 3);
  const auto hits = entries.find(ArtefactKind::kImage, asked, confirmed);
  REQUIRE(hits.size() == 1);
  CHECK(hits[0].id == EntryId{2});
  CHECK(entries.find(ArtefactKind::kImage, {.image_code = 0}, confirmed).empty());
  // A flat picture is like every other flat one, whatever is on them.
  entries.insert(EntryId{6}, ArtefactKind::kImage, {.image_code = 0, .image_fine = FineCode{}});
  CHECK(entries.find(ArtefactKind::kImage, {.image_code = 0, .image_fine = FineCode{}}, confirmed).empty());
  const ContentTraits pair{.text_code = 9, .image_code = 0, .image_fine = fine};
  entries.insert(EntryId{4}, ArtefactKind::kTextImagePair, pair);
  entries.insert(EntryId{5}, ArtefactKind::kTextImagePair, {.text_code = 9, .image_code = 0});
  CHECK(entries.find(ArtefactKind::kTextImagePair, pair, plain).size() == 2);
  const auto pairs = entries.find(ArtefactKind::kTextImagePair, pair, confirmed);
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].id == EntryId{4});
}

TEST_CASE("contents without codes are found by their embedding") {
  SimilarEntries entries;
  const std::vector<float> east{1, 0, 0};
  const std::vector<float> north{0, 1, 0};
  const std::vector<float> mostly_east{0.99F, 0.1F, 0};
  entries.insert(EntryId{1}, ArtefactKind::kText, {.embedding = east});
  entries.insert(EntryId{2}, ArtefactKind::kText, {.embedding = north});
  const auto hits =
      entries.find(ArtefactKind::kText, {.embedding = mostly_east}, {.threshold = 0.9, .top_k = 3});
  REQUIRE(hits.size() == 1);
  CHECK(hits[0].id == EntryId{1});
  CHECK(hits[0].score == doctest::Approx(0.9949).epsilon(0.001));
  entries.erase(EntryId{1});
  CHECK(
      entries.find(ArtefactKind::kText, {.embedding = mostly_east}, {.threshold = 0.9, .top_k = 3}).empty());
}

TEST_CASE("bad vectors are left out, bad questions are errors") {
  SimilarEntries entries;
  const std::vector<float> good{1, 2};
  const std::vector<float> nan{1, std::numeric_limits<float>::quiet_NaN()};
  const std::vector<float> zero{0, 0};
  entries.insert(EntryId{1}, ArtefactKind::kText, {.embedding = good});
  entries.insert(EntryId{2}, ArtefactKind::kText, {.embedding = nan});
  entries.insert(EntryId{3}, ArtefactKind::kText, {.embedding = zero});
  CHECK(entries.size() == 1);
  CHECK_THROWS_AS((void)entries.find(ArtefactKind::kText, {.embedding = nan}, {}), Error);
  entries.insert(EntryId{4}, ArtefactKind::kText, {.text_code = 7});
  for (const double threshold : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_AS(
        (void)entries.find(ArtefactKind::kText, {.text_code = 7}, {.threshold = threshold, .top_k = 1}),
        Error);
}
