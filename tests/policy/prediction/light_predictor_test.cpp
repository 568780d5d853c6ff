// SPDX-License-Identifier: Apache-2.0
#include "policy/prediction/light_predictor.h"

#include <doctest.h>

#include <vector>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

namespace {

// Half of the accesses go to a few hundred objects, half to ones never seen again.
struct Mixture {
  LightPredictor predictor;
  Rng rng{6};
  std::uint32_t fresh = 1'000;
  std::vector<std::uint32_t> uses = std::vector<std::uint32_t>(1'000'000);

  void access(std::uint32_t id) { predictor.on_access(EntryId{id}, {.bytes = Bytes{4'096}}, ++uses[id]); }
  void run(int accesses) {
    for (int i = 0; i < accesses; ++i)
      access(rng.below(2) == 0 ? static_cast<std::uint32_t>(rng.below(500)) : fresh++);
  }
  [[nodiscard]] double chance(std::uint32_t after_uses, std::uint64_t idle) const {
    return predictor.chance(LightPredictor::class_of({.bytes = Bytes{4'096}}, after_uses), idle);
  }
};

}  // namespace

TEST_CASE("a sample of the ids is enough to tell what comes back") {
  Mixture mixture{LightPredictor({.window = 4'000, .shift = 3, .seed = 2})};
  CHECK_FALSE(mixture.predictor.trusted());
  mixture.run(200'000);
  CHECK(mixture.predictor.trusted());
  CHECK(mixture.predictor.model().labels() < 200'000 / 4);
  CHECK(mixture.chance(100, 0) > 0.8);
  CHECK(mixture.chance(1, 0) < 0.3);
}

TEST_CASE("idleness only takes chance away") {
  Mixture mixture{LightPredictor({.window = 4'000, .shift = 3, .seed = 2})};
  mixture.run(200'000);
  double before = mixture.chance(100, 0);
  for (const std::uint64_t idle : {500ULL, 2'000ULL, 3'999ULL, 4'000ULL, 40'000ULL, 4'000'000ULL}) {
    const double now = mixture.chance(100, idle);
    CHECK(now <= before);
    CHECK(now >= 0);
    before = now;
  }
  CHECK(before < 0.01);
}

TEST_CASE("the share of ids is what was asked for, other ones for another seed") {
  const LightPredictor one({.window = 100, .shift = 4, .seed = 1});
  const LightPredictor two({.window = 100, .shift = 4, .seed = 2});
  const LightPredictor all({.window = 100, .shift = 0, .seed = 1});
  int in_one = 0;
  int in_both = 0;
  for (std::uint32_t id = 0; id < 64'000; ++id) {
    in_one += one.is_sampled(EntryId{id}) ? 1 : 0;
    in_both += one.is_sampled(EntryId{id}) && two.is_sampled(EntryId{id}) ? 1 : 0;
    REQUIRE(all.is_sampled(EntryId{id}));
  }
  CHECK(in_one > 3'500);
  CHECK(in_one < 4'500);
  CHECK(in_both < 1'000);
}

TEST_CASE("facts are those of the model") {
  Mixture mixture{LightPredictor({.window = 4'000, .shift = 3, .seed = 2})};
  mixture.run(100'000);
  std::map<std::string, double> facts;
  mixture.predictor.report_facts(facts);
  CHECK(facts.at("predictor_brier") == mixture.predictor.model().brier_score());
  CHECK(facts.at("predictor_labels") > 0);
  CHECK(facts.at("predictor_trusted") == 1);
}

TEST_CASE("classes stay in the table") {
  for (int kind = 0; kind < kArtefactKinds; ++kind) {
    const AccessInfo largest{.bytes = Bytes{UINT64_MAX}, .kind = static_cast<ArtefactKind>(kind)};
    CHECK(LightPredictor::class_of(largest, UINT32_MAX) < LightPredictor::kClasses);
    CHECK(LightPredictor::class_of({.bytes = Bytes{0}, .kind = static_cast<ArtefactKind>(kind)}, 0) <
          LightPredictor::kClasses);
  }
}
