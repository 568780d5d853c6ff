// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/experiment_sweep.h"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "bench/sweep/merge.h"
#include "bench/sweep/small_sweep.h"
#include "core/error.h"
#include "support/temp_dir.h"

namespace {

using namespace cachebench;
using bench::SweepConfig;
using bench::SweepOptions;
using result::SweepResult;
using test::small_sweep;
using test::without_times;

SweepResult run(const SweepConfig& config, SweepOptions options) {
  bench::StopToken stop;
  if (options.stop == nullptr) options.stop = &stop;
  return bench::run_sweep(config, options);
}

TEST_CASE("a sweep gives every point of its design, and the same with more threads") {
  const testing::TempDir folder;
  const SweepConfig config = small_sweep(folder, R"("slices": 2)");
  const SweepResult one = run(config, {.output = "", .threads = 1});
  CHECK(one.points.size() == 2 * 2 * 3);
  CHECK(one.status == result::Status::kComplete);
  CHECK(one.recommendation.has_value());
  CHECK(one.trace.requests == 400);
  CHECK(one.points[1].totals.requests == 200);
  CHECK(one.points[1].axes.at(result::kSliceAxis) == "1/2");
  CHECK(one.points[0].totals.accesses == one.points[1].totals.accesses + one.points[2].totals.accesses);
  CHECK(one.points[0].l1_bytes > 0);
  CHECK(one.points[0].kinds.count("object") == 1);
  CHECK(without_times(run(config, {.output = "", .threads = 3})) == without_times(one));
}

TEST_CASE("what was finished is not run again, whatever a kill left behind") {
  const testing::TempDir folder;
  const SweepConfig config = small_sweep(folder, R"("slices": 2)");
  const std::string output = folder / "out";
  std::filesystem::create_directories(output);
  const SweepResult whole = run(config, {.output = output, .threads = 2});
  const std::string journal = output + "/points.jsonl";
  const std::string text = testing::read_text(journal);
  // Half of the lines, and a part of the next one.
  std::size_t end = 0;
  for (int line = 0; line < 6; ++line) end = text.find('\n', end) + 1;
  testing::write_text(journal, text.substr(0, end + 40));
  std::uint64_t found = 0;
  std::uint64_t calls = 0;
  SweepOptions again{.output = output, .threads = 2};
  again.progress = [&](const bench::SweepProgress& progress) {
    found = progress.found;
    ++calls;
    CHECK(progress.total == 12);
  };
  CHECK(without_times(run(config, again)) == without_times(whole));
  CHECK(found == 6);
  CHECK(calls == 12);
  CHECK(bench::read_journal(journal).size() == 12);
  // All of them now.
  run(config, again);
  CHECK(found == 12);
}

TEST_CASE("a sweep with more values goes on from one with fewer in the same folder") {
  const testing::TempDir folder;
  const std::string output = folder / "out";
  std::filesystem::create_directories(output);
  const auto over = [&](const std::string& policies) {
    return test::sweep_with(
        folder, R"("axes": [{"path": "cache.tiers[*].eviction.policy", "values": )" + policies + "}]");
  };
  run(over(R"(["fifo", "lru"])"), {.output = output});
  const SweepConfig wider = over(R"(["lru", "lfu", "fifo"])");
  std::uint64_t found = 0;
  SweepOptions again{.output = output};
  again.progress = [&](const bench::SweepProgress& progress) { found = progress.found; };
  const SweepResult sweep = run(wider, again);
  CHECK(found == 2);
  CHECK(without_times(sweep) == without_times(run(wider, {.output = ""})));
  CHECK(without_times(bench::merge_sweeps({output})) == without_times(sweep));
}

TEST_CASE("another trace under the same name is another point") {
  const testing::TempDir folder;
  const SweepConfig config = small_sweep(folder, "");
  const std::string output = folder / "out";
  std::filesystem::create_directories(output);
  run(config, {.output = output});
  test::write_small_trace(folder, 300);
  std::uint64_t found = 99;
  SweepOptions again{.output = output};
  again.progress = [&](const bench::SweepProgress& progress) { found = progress.found; };
  CHECK(run(config, again).points[0].totals.requests == 300);
  CHECK(found == 0);
}

TEST_CASE("shards merge to what one process gives") {
  const testing::TempDir folder;
  const SweepConfig config = small_sweep(folder, R"("slices": 3)");
  const SweepResult whole = run(config, {.output = ""});
  std::vector<std::string> folders;
  for (std::uint64_t index = 0; index < 3; ++index) {
    folders.push_back(folder / ("shard" + std::to_string(index)));
    std::filesystem::create_directories(folders.back());
    const SweepResult part = run(config, {.output = folders.back(), .shard = {.index = index, .count = 3}});
    CHECK(part.status == result::Status::kPartial);
    CHECK(part.points.size() < whole.points.size());
  }
  CHECK(without_times(bench::merge_sweeps(folders)) == without_times(whole));
  folders.pop_back();
  const SweepResult some = bench::merge_sweeps(folders);
  CHECK(some.status == result::Status::kPartial);
  CHECK(some.reasons.front().find("of 16 points") != std::string::npos);
}

TEST_CASE("a stop leaves what was finished, marked partial, and no half point") {
  const testing::TempDir folder;
  const SweepConfig config = small_sweep(folder, R"("slices": 3)");
  const std::string output = folder / "out";
  std::filesystem::create_directories(output);
  bench::StopToken stop;
  SweepOptions options{.output = output, .threads = 1, .stop = &stop};
  options.progress = [&](const bench::SweepProgress& progress) {
    if (progress.done == 5) stop.request(SIGINT);
  };
  const SweepResult partial = run(config, options);
  CHECK(partial.status == result::Status::kPartial);
  CHECK(partial.reasons.front().find("interrupted") != std::string::npos);
  CHECK(partial.points.size() == 5);
  CHECK(bench::read_journal(output + "/points.jsonl").size() == 5);
}

TEST_CASE("successive halving keeps the better ones over longer traces") {
  const testing::TempDir folder;
  const SweepConfig config =
      small_sweep(folder, R"("design": "successive-halving", "halving": {"rungs": 2, "keep": 2})");
  const SweepResult sweep = run(config, {.output = ""});
  REQUIRE(sweep.points.size() == 4 + 2);
  std::int64_t least_kept = INT64_MAX;
  for (std::size_t i = 0; i < 4; ++i) CHECK(sweep.points[i].totals.requests == 200);
  for (std::size_t i = 4; i < 6; ++i) {
    CHECK(sweep.points[i].totals.requests == 400);
    for (std::size_t j = 0; j < 4; ++j) {
      if (sweep.points[j].axes.at("seed") == sweep.points[i].axes.at("seed") &&
          sweep.points[j].policy == sweep.points[i].policy)
        least_kept = std::min(least_kept, sweep.points[j].totals.saved_ns);
    }
  }
  std::size_t better = 0;
  for (std::size_t j = 0; j < 4; ++j) better += sweep.points[j].totals.saved_ns > least_kept ? 1U : 0U;
  CHECK(better <= 1);
  CHECK(sweep.recommendation->policy.find("round") == std::string::npos);
  CHECK_THROWS_AS(run(config, {.output = "", .shard = {.index = 0, .count = 2}}), Error);
}

TEST_CASE("very many points want a yes or a limit, and are told how long they take") {
  const testing::TempDir folder;
  std::string seeds = "0";
  for (int i = 1; i <= 10'000; ++i) seeds += "," + std::to_string(i);
  const std::string many = R"("design": "grid", "axes": [{"path": "seed", "values": [)" + seeds + "]}]";
  SweepConfig config = test::sweep_with(folder, many);
  CHECK_THROWS_WITH_AS(run(config, {.output = ""}), doctest::Contains("10001 points would take about"),
                       Error);
  config.limit = 3;
  CHECK(run(config, {.output = ""}).points.size() == 3);
}

TEST_CASE("points that make no sense are told before any is run, with their values") {
  const testing::TempDir folder;
  const SweepConfig config = test::sweep_with(
      folder, R"("axes": [{"path": "cache.tiers[*].eviction.policy", "values": ["lru", "lruu"]}])");
  std::uint64_t calls = 0;
  SweepOptions options{.output = ""};
  options.progress = [&](const bench::SweepProgress&) { ++calls; };
  CHECK_THROWS_WITH_AS(run(config, options), doctest::Contains("point 1 (lruu)"), Error);
  CHECK(calls == 0);
}

/// The others of this crew are threads.
class ThreadCrew final : public bench::Crew {
 public:
  explicit ThreadCrew(const SweepConfig& config) : config_(config) {}
  [[nodiscard]] std::size_t size() const override { return 2; }
  [[nodiscard]] bool is_first() const override { return true; }
  void hand_out(const std::vector<bench::WorkItem>& items, const bench::RunItem& run,
                const bench::TakeLine& take, const bench::StopToken& stop) override {
    Other other(items, take);
    std::thread thread([&] { bench::serve_sweep(config_, other, stop); });
    for (std::size_t i = 0; i < items.size(); i += 2) take(run(items[i]));
    thread.join();
  }
  void dismiss() override {}
  void serve(const bench::RunItem&) override {}

 private:
  struct Other final : bench::Crew {
    Other(const std::vector<bench::WorkItem>& all, const bench::TakeLine& taker) : items(all), take(taker) {}
    [[nodiscard]] std::size_t size() const override { return 2; }
    [[nodiscard]] bool is_first() const override { return false; }
    void hand_out(const std::vector<bench::WorkItem>&, const bench::RunItem&, const bench::TakeLine&,
                  const bench::StopToken&) override {}
    void dismiss() override {}
    void serve(const bench::RunItem& run) override {
      for (std::size_t i = 1; i < items.size(); i += 2) take(run(items[i]));
    }
    const std::vector<bench::WorkItem>& items;
    const bench::TakeLine& take;
  };
  const SweepConfig& config_;
};

TEST_CASE("a crew gives what one process gives") {
  const testing::TempDir folder;
  const SweepConfig config = small_sweep(folder, R"("slices": 2)");
  ThreadCrew crew(config);
  CHECK(without_times(run(config, {.output = "", .crew = &crew})) ==
        without_times(run(config, {.output = ""})));
}

}  // namespace
