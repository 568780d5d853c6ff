// SPDX-License-Identifier: Apache-2.0
#include "policy/reuse_model.h"

#include <doctest.h>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

namespace {

// Tells a model of uses one after the other, as a tier that sees all of them does.
struct Teller {
  ReuseModel model;
  std::uint64_t sequence = 0;

  explicit Teller(ReuseOptions options = {}) : model(options) {}
  void use(std::uint32_t id, ArtefactKind kind = ArtefactKind::kObject) {
    model.learn(EntryId{id}, {.bytes = Bytes{4'096}, .sequence = sequence++, .kind = kind});
  }
  [[nodiscard]] double density(std::uint32_t id) const { return model.density(model.standing(EntryId{id})); }
};

}  // namespace

TEST_CASE("ages fall into half octaves that cover everything once") {
  CHECK(ReuseModel::age_bin(0) == 0);
  CHECK(ReuseModel::age_bin(1) == 1);
  for (std::size_t bin = 0; bin + 1 < ReuseModel::kAges; ++bin) {
    CHECK(ReuseModel::first_age(bin) < ReuseModel::first_age(bin + 1));
    CHECK(ReuseModel::age_bin(ReuseModel::first_age(bin)) == bin);
    CHECK(ReuseModel::age_bin(ReuseModel::first_age(bin + 1) - 1) == bin);
  }
  CHECK(ReuseModel::age_bin(UINT64_MAX) == ReuseModel::kAges - 1);
}

TEST_CASE("learns which kind comes back, and when it no longer does") {
  // Every image is asked for again 20 accesses later and never more; no text ever is.
  Teller teller;
  std::uint32_t fresh = 0;
  for (int round = 0; round < 2'000; ++round) {
    const std::uint32_t image = fresh++;
    teller.use(image, ArtefactKind::kImage);
    for (int i = 0; i < 19; ++i) teller.use(fresh++, ArtefactKind::kText);
    teller.use(image, ArtefactKind::kImage);
  }
  const std::uint32_t text = fresh++;
  const std::uint32_t image = fresh++;
  teller.use(text, ArtefactKind::kText);
  teller.use(image, ArtefactKind::kImage);
  CHECK(teller.density(image) > 20 * teller.density(text));
  CHECK(teller.model.probability(teller.model.standing(EntryId{image}), 64) > 0.8);
  CHECK(teller.model.probability(teller.model.standing(EntryId{text}), 64) < 0.1);
  // An image that was not asked for again in time is worth little.
  const double at_once = teller.density(image);
  for (int i = 0; i < 500; ++i) teller.use(fresh++, ArtefactKind::kText);
  CHECK(teller.density(image) < at_once / 10);
}

TEST_CASE("an age before the usual one is worth less than the usual one") {
  // Everything comes back after exactly 1,000 accesses: the nearer to it, the more an access of residence
  // brings.
  Teller teller({.by_uses = false});
  for (std::uint64_t i = 0; i < 200'000; ++i) teller.use(static_cast<std::uint32_t>(i % 1'000));
  const auto id_of_age = [](std::uint64_t age) {
    return static_cast<std::uint32_t>((200'000 - 1 - age) % 1'000);
  };
  CHECK(teller.density(id_of_age(900)) > 1.5 * teller.density(id_of_age(10)));
}

TEST_CASE("a switch that is off makes alike") {
  Teller kinds({.by_kind = false});
  Teller ages({.by_age = false});
  for (std::uint32_t i = 0; i < 30'000; ++i) {
    for (Teller* teller : {&kinds, &ages})
      teller->use(i % 7 == 0 ? i % 50 : 100 + i, i % 7 == 0 ? ArtefactKind::kImage : ArtefactKind::kText);
  }
  for (Teller* teller : {&kinds, &ages}) {
    teller->use(90'000, ArtefactKind::kImage);
    teller->use(90'001, ArtefactKind::kText);
  }
  CHECK(kinds.model.standing(EntryId{90'000}).klass == kinds.model.standing(EntryId{90'001}).klass);
  CHECK(ages.model.standing(EntryId{90'000}).klass != ages.model.standing(EntryId{90'001}).klass);
  const double before = ages.density(90'000);
  for (std::uint32_t i = 0; i < 100; ++i) ages.use(i % 50, ArtefactKind::kImage);
  CHECK(ages.density(90'000) == before);
}

TEST_CASE("a use told twice counts once, and what an upper tier saw is caught up with") {
  const AccessInfo use{.bytes = Bytes{10}, .sequence = 500, .uses = 3, .last_use = 500, .last_gap = 100};
  AccessInfo moved = use;
  moved.sequence = 900;  // evicted from above 400 accesses later: the use is the same
  ReuseModel once({});
  ReuseModel twice({});
  once.learn(EntryId{1}, use);
  twice.learn(EntryId{1}, use);
  twice.learn(EntryId{1}, moved);
  once.learn(EntryId{2}, moved);
  twice.learn(EntryId{2}, moved);
  CHECK(once.standing(EntryId{1}).last_use == twice.standing(EntryId{1}).last_use);
  CHECK(twice.standing(EntryId{1}).uses == 3);
  CHECK(once.probability(once.standing(EntryId{1}), 1'000) ==
        twice.probability(twice.standing(EntryId{1}), 1'000));
  CHECK(twice.now() == 900);
}

TEST_CASE("long histories are kept in bounded memory and give numbers") {
  Teller teller;
  Rng rng(3);
  for (int i = 0; i < 1'500'000; ++i)
    teller.use(static_cast<std::uint32_t>(rng.below(1 + rng.below(50'000))));
  CHECK(teller.model.refreshes() > 100);
  for (std::uint32_t id = 0; id < 1'000; ++id) {
    CHECK(teller.density(id) > 0);
    CHECK(teller.density(id) < 1);
  }
}

TEST_CASE("policies that ask for the same options share a model") {
  SharedLearning shared;
  const auto one = shared.reuse_model({});
  CHECK(one == shared.reuse_model({}));
  CHECK(one != shared.reuse_model({.by_age = false}));
}
