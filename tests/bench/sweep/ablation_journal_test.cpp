// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/ablation_journal.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::bench;

namespace {

std::vector<AblationVariant> two_variants(std::uint64_t seed) {
  RunConfig config;
  config.seed = seed;
  return {{.name = "one", .config = config}, {.name = "two", .config = config}};
}

AblationRound round_of(std::int64_t ns) {
  AblationRound round(2);
  for (result::Pipeline& one : round) one.elapsed_ns = ns++;
  return round;
}

}  // namespace

TEST_CASE("rounds that were added are there for whoever opens the journal again") {
  const testing::TempDir folder;
  const std::string path = folder / "rounds.jsonl";
  AblationJournal first(path, two_variants(1));
  CHECK(first.take_rounds().empty());
  first.add(round_of(10));
  first.add(round_of(20));
  const std::vector<AblationRound> rounds = AblationJournal(path, two_variants(1)).take_rounds();
  REQUIRE(rounds.size() == 2);
  CHECK(rounds[1] == round_of(20));
}

TEST_CASE("a round that was cut short is dropped, and the next one takes its place") {
  const testing::TempDir folder;
  const std::string path = folder / "rounds.jsonl";
  AblationJournal(path, two_variants(1)).add(round_of(10));
  std::ofstream(path, std::ios::app) << "{\"experiments\": \"cut sho";
  AblationJournal again(path, two_variants(1));
  CHECK(again.take_rounds().size() == 1);
  again.add(round_of(30));
  CHECK(AblationJournal(path, two_variants(1)).take_rounds().size() == 2);
}

TEST_CASE("rounds of other experiments, and what is no journal, are refused") {
  const testing::TempDir folder;
  const std::string path = folder / "rounds.jsonl";
  AblationJournal(path, two_variants(1)).add(round_of(10));
  CHECK_THROWS_AS(AblationJournal(path, two_variants(2)), Error);
  for (const char* broken :
       {"not json\n", "[]\n", "3\n", "{}\n", "{\"experiments\": 5, \"results\": []}\n"}) {
    CAPTURE(broken);
    std::ofstream(path) << broken;
    CHECK_THROWS_AS(AblationJournal(path, two_variants(1)), Error);
  }
  CHECK_THROWS_AS(AblationJournal(folder.path().string(), two_variants(1)), Error);
}

TEST_CASE("without a file nothing is kept") {
  AblationJournal none("", two_variants(1));
  none.add(round_of(10));
  CHECK(none.take_rounds().empty());
}
