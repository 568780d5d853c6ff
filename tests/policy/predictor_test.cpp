// SPDX-License-Identifier: Apache-2.0
#include "policy/predictor.h"

#include <doctest.h>

#include <string>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

namespace {

struct Fixture {
  AccessPatternTracker tracker{100};
  SimpleMLPredictor predictor{tracker};
  std::uint32_t fresh = 100;

  void access(std::uint32_t id) {
    const AccessInfo info{.bytes = Bytes{4'096}};
    tracker.on_access(EntryId{id}, info);
    predictor.on_access(EntryId{id}, info);
  }
  // Half of the accesses go to ten entries, half to entries never seen again.
  void mixed(int accesses, Rng& rng) {
    for (int i = 0; i < accesses; ++i)
      access(rng.below(2) == 0 ? static_cast<std::uint32_t>(rng.below(10)) : fresh++);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "silent before it has labels") {
  Rng rng(1);
  mixed(1'000, rng);  // 900 labels: the last hundred are still open
  CHECK(predictor.labels() == 900);
  CHECK_FALSE(predictor.trusted());
  CHECK(predictor.probability(EntryId{0}) == 0);
  CHECK(predictor.probability(EntryId{50'000'000}) == 0);
}

TEST_CASE_FIXTURE(Fixture, "learns to tell entries that return from entries that do not") {
  Rng rng(1);
  mixed(20'000, rng);
  CHECK(predictor.trusted());
  CHECK(predictor.probability(EntryId{3}) > 0.8);
  CHECK(predictor.probability(EntryId{fresh - 1}) < 0.3);
  CHECK(predictor.brier_score() < predictor.base_rate_score());
  CHECK(predictor.brier_score() < 0.1);
}

TEST_CASE_FIXTURE(Fixture, "invents nothing where nothing is to be learnt") {
  // A hundred entries at random: each is used again within the window with probability 1 - 0.99^100 = 0.634.
  Rng rng(9);
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 1'000; ++i) access(static_cast<std::uint32_t>(rng.below(100)));
    if (!predictor.trusted()) continue;
    for (std::uint32_t id = 0; id < 100; ++id) {
      CHECK(predictor.probability(EntryId{id}) > 0.4);
      CHECK(predictor.probability(EntryId{id}) < 0.9);
    }
  }
  CHECK(predictor.brier_score() > 0.9 * 0.634 * 0.366);  // no one can do better
}

TEST_CASE("labels mean: used again within the next W accesses") {
  // An entry every 100 accesses is always just inside the window, every 101 always just outside.
  Fixture inside;
  for (std::uint32_t i = 0; i < 30'000; ++i) inside.access(i % 100);
  Fixture outside;
  for (std::uint32_t i = 0; i < 30'000; ++i) outside.access(i % 101);
  CHECK(inside.predictor.brier_score() < 0.05);
  CHECK(outside.predictor.brier_score() < 0.05);
  CHECK(inside.predictor.weights()[0] > 0);
  CHECK(outside.predictor.weights()[0] < 0);
}

TEST_CASE("the same accesses give the same bits") {
  Fixture a;
  Fixture b;
  Rng first(4);
  Rng second(4);
  a.mixed(5'000, first);
  b.mixed(5'000, second);
  CHECK(a.predictor.weights() == b.predictor.weights());
  CHECK(a.predictor.brier_score() == b.predictor.brier_score());
}

TEST_CASE_FIXTURE(Fixture, "the reliability curve holds every label once and agrees with the scores") {
  Rng rng(1);
  mixed(20'000, rng);
  double count = 0;
  double reused = 0;
  for (std::size_t i = 0; i < kReliabilityBins; ++i) {
    const ReliabilityBin& bin = predictor.reliability()[i];
    count += bin.count;
    reused += bin.reused;
    if (bin.count == 0) continue;
    CHECK(bin.mean_predicted() >= 0.1 * static_cast<double>(i) - 1e-9);
    CHECK(bin.mean_predicted() <= 0.1 * static_cast<double>(i + 1) + 1e-9);
    CHECK(bin.share_reused() <= 1);
  }
  CHECK(count == static_cast<double>(predictor.labels()));
  CHECK(reused / count == doctest::Approx(0.5).epsilon(0.05));
  CHECK(calibration_error(predictor.reliability()) < 0.1);
  CHECK(predictor.recent_calibration_error() < SimpleMLPredictor::kMaxCalibrationError);
}

TEST_CASE("calibration error by hand") {
  ReliabilityCurve curve{};
  CHECK(calibration_error(curve) == 0);
  curve[9] = {.count = 10, .predicted = 9.5, .reused = 5};  // off by 0.45
  curve[1] = {.count = 30, .predicted = 4.5, .reused = 4.5};
  CHECK(calibration_error(curve) == doctest::Approx(4.5 / 40));
}

TEST_CASE_FIXTURE(Fixture, "trust is lost when the world changes, and won back") {
  Rng rng(1);
  mixed(20'000, rng);
  REQUIRE(predictor.trusted());
  // Those that always came back stop doing so, all at once: what was learnt is wrong now.
  std::uint32_t next = 500'000;
  bool lost = false;
  for (int i = 0; i < 3'000; ++i) {
    access(next);
    if (i % 3 == 2) ++next;  // three uses each, then never again
    lost = lost || !predictor.trusted();
  }
  CHECK(lost);
}

TEST_CASE("features have names") {
  CHECK(std::string(name_of(Feature::kBias)) == "bias");
  CHECK(std::string(name_of(Feature::kLateTurn)) == "late_turn");
}
