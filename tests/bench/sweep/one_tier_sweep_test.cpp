// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/one_tier_sweep.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

#include "core/error.h"
#include "core/rng.h"
#include "support/temp_dir.h"

namespace cachebench::bench {
namespace {

LoadedAccesses random_trace(SizeCounting counting) {
  LoadedAccesses trace;
  trace.trace_name = "random";
  Rng rng(5);
  std::uint32_t known = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::uint32_t id =
        std::min(static_cast<std::uint32_t>(std::min(rng.below(1000), rng.below(1000))), known);
    known = std::max(known, id + 1);
    if (counting == SizeCounting::kUnit) {
      trace.columns.append_unit(id);
    } else {
      trace.columns.append(id, 100 + id % 7);
    }
    ++trace.records;
  }
  return trace;
}

template <typename Parse>
std::string complaint(Parse parse) {
  try {
    static_cast<void>(parse());
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

TEST_CASE("lists of policies and capacities") {
  const std::vector<SweepPolicy> policies = parse_policies("lru,fifo");
  REQUIRE(policies.size() == 2);
  CHECK(policies[1].text == "fifo");
  const std::vector<SizeSpec> sizes = parse_capacities("4096,64KiB,10%", SizeCounting::kBytes);
  REQUIRE(sizes.size() == 3);
  CHECK(sizes[1].absolute == Bytes{65536});
  CHECK(sizes[2].share == 0.1);
  CHECK(parse_capacities("100,0", SizeCounting::kUnit)[1].absolute == Bytes{0});
}

TEST_CASE("what makes no sense is named before the trace is read") {
  CHECK(complaint([] { return parse_policies("lru,lruu"); }) ==
        "unknown eviction policy 'lruu'; did you mean 'lru'?");
  CHECK(complaint([] { return parse_policies("lru:k=1"); }).find("'k'") != std::string::npos);
  CHECK(complaint([] { return parse_policies("lru:k"); }).find("'k'") != std::string::npos);
  CHECK(complaint([] { return parse_policies("lru,"); }).find("empty entry") != std::string::npos);
  CHECK(complaint([] { return parse_policies(""); }).find("empty entry") != std::string::npos);
  for (const char* wrong : {"12x", "-1", "NaN", "x%", "1e5", "99999999999999999999GiB", " 5"}) {
    CAPTURE(wrong);
    CHECK(complaint([&] { return parse_capacities(wrong, SizeCounting::kBytes); }).find(wrong) !=
          std::string::npos);
    CHECK(complaint([&] { return parse_capacities(wrong, SizeCounting::kUnit); }).find(wrong) !=
          std::string::npos);
  }
  CHECK(complaint([] { return parse_capacities("64KiB", SizeCounting::kUnit); }).find("number of objects") !=
        std::string::npos);
}

TEST_CASE("shares are rounded down, in entries to at least one") {
  policy::AccessColumns unit;
  for (std::uint32_t id = 0; id < 150; ++id) unit.append_unit(id);
  const auto entries = [&](const char* text) {
    return resolve_capacity(parse_capacities(text, SizeCounting::kUnit)[0], unit, SizeCounting::kUnit).value;
  };
  CHECK(entries("1%") == 1);
  CHECK(entries("1.9%") == 2);
  CHECK(entries("0.1%") == 1);
  CHECK(entries("29%") == 43);
  CHECK(entries("100%") == 150);
  CHECK(entries("0") == 0);

  policy::AccessColumns bytes;
  bytes.append(0, 7);
  bytes.append(1, 6);
  const auto share = parse_capacities("10%", SizeCounting::kBytes)[0];
  CHECK(resolve_capacity(share, bytes, SizeCounting::kBytes) == Bytes{1});
  const auto small = parse_capacities("1%", SizeCounting::kBytes)[0];
  CHECK(resolve_capacity(small, bytes, SizeCounting::kBytes) == Bytes{0});
}

TEST_CASE("points come in the order asked for, whatever the number of threads") {
  for (const SizeCounting counting : {SizeCounting::kBytes, SizeCounting::kUnit}) {
    const LoadedAccesses trace = random_trace(counting);
    const SweepGrid grid{.policies = parse_policies("lfu,lru,fifo"),
                         .capacities = parse_capacities("20%,0,7", counting)};
    std::set<std::string> seen;
    const auto on_point = [&](const result::SweepPoint& point) { seen.insert(point.policy); };
    const result::SweepResult one =
        sweep_one_tier(trace, grid, counting, {.threads = 1, .on_point = on_point});
    CHECK(seen.size() == 3);
    REQUIRE(one.points.size() == 9);
    CHECK(one.points[0].policy == "lfu");
    CHECK(one.points[1].capacity == 0);
    CHECK(one.points[1].totals.misses == 20000);
    CHECK(one.points[4].policy == "lru");
    CHECK(one.points[8].policy == "fifo");
    CHECK(one.points[8].capacity == 7);
    for (const result::SweepPoint& point : one.points) {
      const result::Totals& totals = point.totals;
      CHECK(totals.hits + totals.misses == totals.accesses);
      CHECK(totals.bytes_hit + totals.bytes_missed == totals.bytes_requested);
    }
    for (const std::size_t threads : {2U, 5U, 64U}) {
      result::SweepResult many = sweep_one_tier(trace, grid, counting, {.threads = threads});
      for (std::size_t i = 0; i < many.points.size(); ++i) {
        many.points[i].seconds = one.points[i].seconds;
        many.points[i].totals.elapsed_ns = one.points[i].totals.elapsed_ns;
      }
      CHECK(many == one);
    }
  }
}

TEST_CASE("bounds go along, are no candidates, and stand beside every point where asked for") {
  for (const SizeCounting counting : {SizeCounting::kBytes, SizeCounting::kUnit}) {
    const LoadedAccesses trace = random_trace(counting);
    const SweepGrid grid{.policies = parse_policies("lru,belady,infinite,pfoo-l"),
                         .capacities = parse_capacities("5%,20%", counting)};
    const result::SweepResult plain = sweep_one_tier(trace, grid, counting, {});
    CHECK_FALSE(plain.points[0].bounds);
    const result::SweepResult sweep = sweep_one_tier(trace, grid, counting, {.bounds = true});
    REQUIRE(sweep.points.size() == 8);
    for (std::size_t i = 0; i < sweep.points.size(); ++i) {
      const result::SweepPoint& point = sweep.points[i];
      CHECK(point.bound == (i >= 2));
      REQUIRE(point.bounds);
      CHECK(point.bounds->compulsory_misses == trace.columns.objects());
      CHECK(*point.bounds->belady_misses == sweep.points[2 + i % 2].totals.misses);
      CHECK(point.bounds->notes.empty() == (counting == SizeCounting::kUnit));
      CHECK(sweep.points[4].totals.misses == trace.columns.objects());
    }
    CHECK(sweep.points[0].totals.misses > sweep.points[2].totals.misses);
    CHECK(result::best_by_capacity(sweep)[0].policy == "lru");
  }
  CHECK(complaint([] { return parse_policies("pfoo-l:k=1"); }).find("'k'") != std::string::npos);
}

TEST_CASE("a single point replayed while reading is the one from columns") {
  const testing::TempDir folder;
  std::string text = "time,key,size\n";
  Rng rng(9);
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t key = std::min(rng.below(200), rng.below(200));
    text += fmt::format("{},{},{}\n", i, key, 1 + key % 5 + (rng.below(40) == 0 ? 1 : 0));
  }
  testing::write_text(folder / "t.csv", text);
  for (const SizeCounting counting : {SizeCounting::kUnit, SizeCounting::kBytes}) {
    const LoadRequest request{.path = folder / "t.csv", .counting = counting};
    const SweepGrid grid{.policies = parse_policies("s3fifo"),
                         .capacities = parse_capacities("70", counting)};
    int told = 0;
    const SweepRun run{.on_point = [&](const result::SweepPoint&) { ++told; }};
    REQUIRE(needs_no_columns(grid, run));
    AccessReader reader(request);
    result::SweepResult streamed = sweep_while_reading(reader, grid, run);
    result::SweepResult whole = sweep_one_tier(load_accesses(request), grid, counting, run);
    CHECK(told == 2);
    for (result::SweepResult* sweep : {&streamed, &whole}) {
      sweep->points.front().seconds = 0;
      sweep->points.front().totals.elapsed_ns = 0;
    }
    CHECK(result::to_text(streamed) == result::to_text(whole));
  }
}

TEST_CASE("several points, shares and what looks ahead need columns") {
  const auto needs_none = [](const char* policies, const char* capacities, const SweepRun& run = {}) {
    return needs_no_columns({.policies = parse_policies(policies),
                             .capacities = parse_capacities(capacities, SizeCounting::kUnit)},
                            run);
  };
  CHECK(needs_none("lru", "10"));
  CHECK_FALSE(needs_none("lru", "10%"));
  CHECK_FALSE(needs_none("lru", "10,20"));
  CHECK_FALSE(needs_none("lru,fifo", "10"));
  CHECK_FALSE(needs_none("belady", "10"));
  CHECK_FALSE(needs_none("pfoo-l", "10"));
  CHECK_FALSE(needs_none("lru", "10", {.bounds = true}));
  CHECK_FALSE(needs_none("lru", "10", {.sample = 0.5}));
  CHECK_FALSE(needs_none("lru", "10", {.curve = true}));
}

TEST_CASE("the curve of lru goes through its points") {
  const LoadedAccesses trace = random_trace(SizeCounting::kBytes);
  const SweepGrid nothing;
  const result::SweepResult alone = sweep_one_tier(trace, nothing, SizeCounting::kBytes, {.curve = true});
  REQUIRE(alone.curves.size() == 1);
  const result::MissRatioCurve& curve = alone.curves.front();
  SweepGrid grid{.policies = parse_policies("lru"), .capacities = {}};
  for (const std::size_t i : {std::size_t{0}, curve.points.size() / 2, curve.points.size() - 1}) {
    grid.capacities.push_back({.absolute = Bytes{curve.points[i].capacity}});
  }
  const result::SweepResult points = sweep_one_tier(trace, grid, SizeCounting::kBytes, {});
  for (std::size_t k = 0; k < 3; ++k) {
    const std::size_t i = k == 0 ? 0 : k == 1 ? curve.points.size() / 2 : curve.points.size() - 1;
    const result::Totals& totals = points.points[k].totals;
    CHECK(curve.points[i].miss_ratio == *result::ratio_of(totals.misses, totals.accesses));
    CHECK(*curve.points[i].byte_miss_ratio == *result::ratio_of(totals.bytes_missed, totals.bytes_requested));
    CHECK_FALSE(curve.points[i].error);
  }
  CHECK(points.curves.size() == 1);
  CHECK(points.curves.front().points.size() == 3);
}

TEST_CASE("samples state their error, and warn where it cannot be trusted") {
  const LoadedAccesses trace = random_trace(SizeCounting::kUnit);
  const SweepGrid grid{.policies = parse_policies("lru,belady"),
                       .capacities = parse_capacities("30%", SizeCounting::kUnit)};
  const result::SweepResult sweep =
      sweep_one_tier(trace, grid, SizeCounting::kUnit, {.sample = 0.5, .curve = true});
  for (const result::SweepPoint& point : sweep.points) {
    REQUIRE(point.miss_ratio_error);
    CHECK(*point.miss_ratio_error > 0);
    CHECK(point.totals.hits + point.totals.misses == point.totals.accesses);
    CHECK(point.totals.accesses == 20000);
  }
  CHECK(sweep.curves.front().sampling_rate == 0.5);
  CHECK(sweep.curves.front().points.back().error);
  CHECK(sweep.notes.size() == 1);
  CHECK(sweep.notes.front().find("too few") != std::string::npos);
}

TEST_CASE("the table has the columns of the contract") {
  const LoadedAccesses trace = random_trace(SizeCounting::kUnit);
  const SweepGrid grid{.policies = parse_policies("lru"),
                       .capacities = parse_capacities("10", SizeCounting::kUnit)};
  const std::string csv = result::to_csv(sweep_one_tier(trace, grid, SizeCounting::kUnit, {}));
  CHECK(csv.find(
            "trace,policy,capacity,accesses,misses,miss_ratio,bytes_requested,bytes_missed,byte_miss_ratio,"
            "evictions,peak_entries,seconds") == 0);
  CHECK(csv.find("\nrandom,lru,10,20000,") != std::string::npos);
}

}  // namespace
}  // namespace cachebench::bench
