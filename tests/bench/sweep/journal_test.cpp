// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/journal.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "support/temp_dir.h"

namespace {

using namespace cachebench;
using bench::Journal;
using bench::JournalEntry;

JournalEntry entry(const std::string& key, std::uint64_t point) {
  JournalEntry made{.key = key, .item = {.point = point, .slice = 2, .rung = 0}, .point = {}};
  made.point.policy = "lru";
  made.point.totals.accesses = 10 + point;
  made.point.axes = {{"seed", "1"}};
  return made;
}

TEST_CASE("what was appended is found by the next start") {
  const testing::TempDir folder;
  const std::string path = folder / "points.jsonl";
  {
    Journal journal(path);
    CHECK(journal.found() == 0);
    journal.append(entry("a", 1));
    journal.append(entry("b", 2));
    CHECK(journal.find("a") == nullptr);  // as it was opened
  }
  const Journal again(path);
  CHECK(again.found() == 2);
  REQUIRE(again.find("b") != nullptr);
  CHECK(*again.find("b") == entry("b", 2));
  CHECK(again.find("c") == nullptr);
  CHECK(bench::read_journal(path).size() == 2);
  CHECK(bench::read_journal(folder / "none").empty());
}

// A kill may leave any prefix of what was written.
TEST_CASE("a torn last line is dropped wherever it was torn") {
  const testing::TempDir folder;
  const std::string path = folder / "points.jsonl";
  { Journal(path).append(entry("a", 1)); }
  const std::string whole = testing::read_text(path);
  const std::string second = bench::to_line(entry("b", 2)) + "\n";
  for (std::size_t length = 0; length < second.size(); length += 7) {
    testing::write_text(path, whole + second.substr(0, length));
    {
      Journal journal(path);
      CHECK(journal.found() == 1);
      journal.append(entry("b", 2));
    }
    CHECK(testing::read_text(path) == whole + second);
  }
}

TEST_CASE("one process at a time") {
  const testing::TempDir folder;
  const Journal journal(folder / "points.jsonl");
  CHECK_THROWS_AS(Journal(folder / "points.jsonl"), Error);
  CHECK_THROWS_AS(Journal("/nowhere/points.jsonl"), Error);
}

TEST_CASE("a line that is no point is told with file and line") {
  const testing::TempDir folder;
  const std::string path = folder / "points.jsonl";
  testing::write_text(path, bench::to_line(entry("a", 1)) + "\n{\"key\": 5}\n");
  CHECK_THROWS_WITH_AS((void)bench::read_journal(path), doctest::Contains("points.jsonl:2: key 'item'"),
                       Error);
  testing::write_text(path, "nonsense\n");
  CHECK_THROWS_AS(Journal{path}, Error);
}

}  // namespace
