// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/run_figures.h"

#include <doctest/doctest.h>

using namespace cachebench;
using namespace cachebench::bench;

namespace {

TrialTimes::Lookups& of(TrialTimes& times, LookupClass one) {
  return times.lookups[static_cast<std::size_t>(one)];
}

result::TierCheck tier(const char* name, std::int64_t predicted, std::int64_t measured) {
  constexpr std::uint64_t kCount = 200;
  return {.tier = name,
          .count = kCount,
          .predicted_ns = predicted * static_cast<std::int64_t>(kCount),
          .measured_ns = measured * static_cast<std::int64_t>(kCount),
          .predicted_p50_ns = predicted,
          .measured_p50_ns = measured,
          .left_out = ""};
}

// Look-ups of 400 ns, promoting ones of 900; reads that take 30 us more than the model has.
TrialTimes plain_run() {
  TrialTimes times;
  of(times, LookupClass::kUsual) = {.count = 1'000, .median = 400, .mean = 500};
  of(times, LookupClass::kFirst) = {.count = 100, .median = 3'000, .mean = 3'100};
  of(times, LookupClass::kPromoting) = {.count = 300, .median = 900, .mean = 900, .quartile = 1.4};
  of(times, LookupClass::kSimilar) = {.count = 3, .median = 9'000, .mean = 9'000};
  times.tiers = {tier("L1", 300, 400), tier("L2", 20'300, 20'900), tier("L3", 150'300, 180'900)};
  times.first_reads = {.count = 40, .median = 200'900, .mean = 210'000};
  return times;
}

hardware::Profile model() {
  hardware::Profile profile;
  profile.lookup = Nanoseconds{300};
  profile.h2d.latency = Nanoseconds{15'000};
  profile.ssd_read.latency = Nanoseconds{100'000};
  return profile;
}

}  // namespace

TEST_CASE(
    "figures are those of the hits: look-ups by class, reads by what they are off beside their look-up") {
  const SeenFigures seen = figures_seen_in(plain_run(), model());
  CHECK(seen.at("lookup").median == 400);
  CHECK(seen.at("lookup").mean == 500);
  CHECK(seen.at("lookup.first").median == 2'600);
  CHECK(seen.at("lookup.promoting").median == 500);
  CHECK(seen.at("lookup.promoting").quartile == 1.4);
  CHECK(seen.at("h2d").median == 15'000);
  CHECK(seen.at("ssd_read").median == 130'000);
  CHECK(seen.at("ssd_read.first").median == 20'000);
  // 200 hits of 180.9 us in the mean, 40 of them of 210: the others take 173.625, 7.275 less than all.
  CHECK(seen.at("ssd_read").mean == doctest::Approx(130'000 - 7'275));
  CHECK(seen.at("ssd_read.first").mean == doctest::Approx(210'000 - 173'625));
}

TEST_CASE("of too few hits nothing follows, nor of a tier that is left out") {
  TrialTimes times = plain_run();
  CHECK_FALSE(figures_seen_in(times, model()).contains("lookup.similar"));
  times.tiers[1].left_out = "the link is too fast for this host";
  times.tiers[2].count = 50;
  times.first_reads.count = 5;
  const SeenFigures seen = figures_seen_in(times, model());
  CHECK_FALSE(seen.contains("h2d"));
  CHECK_FALSE(seen.contains("ssd_read"));
  CHECK_FALSE(seen.contains("ssd_read.first"));
  of(times, LookupClass::kUsual).count = 20;
  CHECK(figures_seen_in(times, model()).empty());
}

TEST_CASE("a variant adds what it differs by from the usual run of its round") {
  TrialBook book;
  const SeenFigures usual{
      {"lookup", {400, 500}}, {"ssd_read", {100'000, 110'000}}, {"lookup.first", {1'600, 1'900, 1.3}}};
  book.add_usual(usual);
  book.add("migration.slow",
           {{"lookup", {700, 770}}, {"ssd_read", {90'000, 99'000}}, {"lookup.first", {5'000, 5'000}}}, usual);
  book.add("migration.same", {{"lookup", {410, 500}}}, usual);
  const TrialBook::Samples extras = book.extras();
  CHECK(extras.at("lookup.migration.slow") == std::vector<double>{300});
  CHECK(extras.at("ssd_read.migration.slow") == std::vector<double>{-10'000});
  CHECK_FALSE(extras.contains("lookup.first.migration.slow"));  // a migration's differ in the usual one
  CHECK(book.skews().at("lookup.migration.slow").front() == doctest::Approx(1.1));
  CHECK(book.skews().at("lookup").front() == doctest::Approx(1.25));
  CHECK(book.skews().at("lookup.first").front() == doctest::Approx(1.2));  // 2,400 over 2,000
  CHECK_FALSE(book.skews().contains("lookup.first.migration.slow"));
  CHECK(book.spreads().at("lookup.first") == std::vector<double>{1.3});
  CHECK_FALSE(book.spreads().contains("ssd_read"));
  CHECK(book.differs("migration.slow", usual));
  CHECK_FALSE(book.differs("migration.same", usual));
}

TEST_CASE("what the usual run has no hits of is the multimodal cache's figure, and others differ from that") {
  TrialBook book;
  const SeenFigures usual{{"lookup", {400, 500}}, {"lookup.first", {2'000, 2'000}}};
  book.add_usual(usual);
  const Seen same = usual.at("lookup");
  book.add("policies.1234",
           {{"lookup", same}, {"lookup.similar", {4'600, 5'500}}, {"lookup.first", {2'700, 2'700}}}, usual);
  book.add("multimodal", {{"lookup", same}, {"lookup.similar", {4'000, 4'000}}}, usual);
  CHECK(book.medians().at("lookup.similar") == std::vector<double>{4'000});
  CHECK(book.extras().at("lookup.similar.policies.1234") == std::vector<double>{600});
  CHECK(book.skews().at("lookup.similar.policies.1234").front() == doctest::Approx(1.2));
  CHECK(book.extras().at("lookup.first.policies.1234") == std::vector<double>{700});
  CHECK(book.differs("policies.1234", usual));
}
