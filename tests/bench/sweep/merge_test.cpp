// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/merge.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "core/error.h"
#include "support/temp_dir.h"

namespace {

using namespace cachebench;
using bench::JournalEntry;
using bench::SweepPlan;
using bench::WorkItem;

SweepPlan plan(const std::string& fingerprint = "f") {
  SweepPlan made{.frame = {}, .items = {}, .fingerprint = fingerprint};
  made.frame.name = "s";
  made.frame.metric = result::SweepMetric::kSavedTime;
  made.frame.axes = {{"seed", {"1", "2"}}};
  for (std::uint64_t point = 0; point < 2; ++point) {
    for (std::uint32_t slice = 0; slice < 2; ++slice) made.items.push_back({.point = point, .slice = slice});
  }
  return made;
}

JournalEntry entry(std::uint64_t point, std::uint32_t slice) {
  JournalEntry made{.key = std::to_string(point) + "/" + std::to_string(slice),
                    .item = {.point = point, .slice = slice},
                    .point = {},
                    .sweep = "f"};
  made.point.name = made.key;
  return made;
}

std::vector<std::string> names(const result::SweepResult& sweep) {
  std::vector<std::string> list;
  for (const result::SweepPoint& point : sweep.points) list.push_back(point.name);
  return list;
}

std::string folder_with(const testing::TempDir& folder, const std::string& name, const SweepPlan& what,
                        const std::vector<JournalEntry>& entries) {
  const std::string path = folder / name;
  std::filesystem::create_directories(path);
  bench::write_plan(path, what);
  std::string text;
  for (const JournalEntry& one : entries) text += bench::to_line(one) + "\n";
  testing::write_text(path + "/points.jsonl", text);
  return path;
}

TEST_CASE("points come in the plan's order, each once, however they were finished") {
  const auto sweep =
      bench::assemble(plan(), {entry(1, 1), entry(0, 1), entry(1, 0), entry(0, 0), entry(0, 1)}, "");
  CHECK(names(sweep) == std::vector<std::string>{"0/0", "0/1", "1/0", "1/1"});
  CHECK(sweep.status == result::Status::kComplete);
  CHECK(sweep.name == "s");
}

TEST_CASE("what is missing makes a sweep partial, what failed invalid") {
  const auto some = bench::assemble(plan(), {entry(1, 1)}, "");
  CHECK(some.status == result::Status::kPartial);
  CHECK(some.reasons.front() == "not all were run: 1 of 4 points");
  JournalEntry failed = entry(0, 0);
  failed.point.status = result::Status::kInvalid;
  failed.point.reason = "no room";
  const auto broken = bench::assemble(plan(), {failed, entry(0, 1), entry(1, 0), entry(1, 1)}, "");
  CHECK(broken.status == result::Status::kInvalid);
  CHECK(broken.reasons.front() == "1 points are invalid, the first: 0/0: no room");
}

TEST_CASE("rounds of a halving are in the order they were run") {
  SweepPlan halving = plan();
  halving.items.clear();
  JournalEntry later = entry(0, 0);
  later.item.rung = 2;
  later.point.name = "later";
  CHECK(names(bench::assemble(halving, {later, entry(1, 0), entry(0, 0)}, "")) ==
        std::vector<std::string>{"0/0", "1/0", "later"});
}

TEST_CASE("folders of one sweep merge, others do not") {
  const testing::TempDir folder;
  const std::string a = folder_with(folder, "a", plan(), {entry(1, 0), entry(0, 0)});
  const std::string b = folder_with(folder, "b", plan(), {entry(0, 1), entry(1, 1)});
  CHECK(names(bench::merge_sweeps({b, a})) == std::vector<std::string>{"0/0", "0/1", "1/0", "1/1"});
  const std::string out = folder / "out";
  std::filesystem::create_directories(out);
  bench::merge_journals({b, a}, out);
  CHECK(names(bench::merge_sweeps({out})) == std::vector<std::string>{"0/0", "0/1", "1/0", "1/1"});
  CHECK(bench::read_journal(out + "/points.jsonl").front() == entry(0, 0));

  JournalEntry older = entry(0, 0);
  older.sweep = "of another sweep";
  older.point.name = "older";
  const std::string reused = folder_with(folder, "d", plan(), {older, entry(0, 0)});
  CHECK(names(bench::merge_sweeps({reused})) == std::vector<std::string>{"0/0"});

  const std::string other = folder_with(folder, "c", plan("g"), {});
  CHECK_THROWS_WITH_AS((void)bench::merge_sweeps({a, other}), doctest::Contains("different sweeps"), Error);
  CHECK_THROWS_WITH_AS((void)bench::merge_sweeps({folder / "nothing"}),
                       doctest::Contains("plan.json is missing"), Error);
  testing::write_text(a + "/plan.json", "{\"fingerprint\": \"f\", \"items\": [[1]], \"sweep\": {}}");
  CHECK_THROWS_AS((void)bench::merge_sweeps({a}), Error);
}

}  // namespace
