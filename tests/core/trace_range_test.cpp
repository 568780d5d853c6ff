// SPDX-License-Identifier: Apache-2.0
#include "core/trace_range.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/trace_recorder.h"

using namespace cachebench;

namespace {

struct LevelGuard {
  explicit LevelGuard(TraceLevel level) { set_trace_level(level); }
  ~LevelGuard() { set_trace_level(TraceLevel::kOff); }
  LevelGuard(const LevelGuard&) = delete;
  LevelGuard& operator=(const LevelGuard&) = delete;
};

}  // namespace

TEST_CASE("off means that nothing is recorded") {
  const LevelGuard level(TraceLevel::kOff);
  start_recording(100);
  { const TraceRange range(trace_names::kRequest, 1); }
  CHECK(stop_recording().empty());
}

TEST_CASE("coarse leaves the fine ranges out") {
  const LevelGuard level(TraceLevel::kCoarse);
  start_recording(100);
  {
    const TraceRange request(trace_names::kRequest, 7);
    const TraceRange copy(trace_names::kCopy, 8);
  }
  const auto ranges = stop_recording();
  REQUIRE(ranges.size() == 1);
  CHECK(std::string(ranges[0].name) == "request");
  CHECK(ranges[0].payload == 7);
}

TEST_CASE("inner ranges close first and lie inside the outer ones") {
  const LevelGuard level(TraceLevel::kFine);
  start_recording(100);
  {
    const TraceRange outer(trace_names::kRequest, 1);
    const TraceRange inner(trace_names::kCopy, 2);
  }
  const auto ranges = stop_recording();
  REQUIRE(ranges.size() == 2);
  CHECK(ranges[0].payload == 2);
  CHECK(ranges[1].payload == 1);
  CHECK(ranges[1].start_ns <= ranges[0].start_ns);
  CHECK(ranges[0].end_ns <= ranges[1].end_ns);
  CHECK(ranges[0].start_ns <= ranges[0].end_ns);
}

TEST_CASE("a range that was open when tracing was switched off still closes") {
  start_recording(100);
  {
    const LevelGuard level(TraceLevel::kCoarse);
    const TraceRange range(trace_names::kRequest, 3);
    set_trace_level(TraceLevel::kOff);
  }
  CHECK(stop_recording().size() == 1);
}

TEST_CASE("threads are told apart, the limit holds, and a second recording starts empty") {
  const LevelGuard level(TraceLevel::kCoarse);
  start_recording(5);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([] {
      name_this_thread("a-rather-long-thread-name");
      const TraceRange range(trace_names::kLookup);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 10; ++i) const TraceRange range(trace_names::kPut);
  const auto ranges = stop_recording();
  CHECK(ranges.size() == 5);
  std::set<std::uint64_t> numbers;
  for (const RecordedRange& range : ranges) numbers.insert(range.thread);
  CHECK(numbers.size() == 4);
  start_recording(5);
  CHECK(stop_recording().empty());
}
