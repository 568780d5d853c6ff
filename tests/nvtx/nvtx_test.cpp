// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/trace_range.h"
#include "nvtx/recorded_events.h"
#include "support/temp_dir.h"

using namespace cachebench;
using cachebench::testing::record_events;
using cachebench::testing::RecordedEvents;
using cachebench::testing::RecordedPush;

namespace {

// Names are a fixed set: a key or an id in one of them would make every summary useless.
const std::set<std::string> kKnown{
    trace_names::kMeasure.text,  trace_names::kRequest.text, trace_names::kLookup.text,
    trace_names::kPut.text,      trace_names::kPromote.text, trace_names::kDemote.text,
    trace_names::kEvict.text,    trace_names::kCopy.text,    trace_names::kSsdRead.text,
    trace_names::kSsdWrite.text, trace_names::kSimulate.text};

const std::string kEmitter = std::string(CACHEBENCH_BINARY_DIR) + "/bin/nvtx_emitter";
const std::string kQuickstart = std::string(CACHEBENCH_SOURCE_DIR) + "/configs/run/quickstart.json";

void check_form(const RecordedEvents& events) {
  REQUIRE_MESSAGE(!events.pushes.empty(), "no event arrived: was the injection library loaded?");
  CHECK(events.unbalanced == 0);
  CHECK(events.pops == events.pushes.size());
  CHECK(events.domains == std::vector<std::string>{"cachebench"});
  for (const RecordedPush& push : events.pushes) {
    if (!kKnown.contains(push.name)) FAIL_CHECK("unknown range " << push.name);
    if (!push.registered) FAIL_CHECK(push.name << " is not a registered string");
    if (!events.categories.contains(push.category)) FAIL_CHECK(push.name << " has a category without a name");
  }
}

std::size_t count_of(const RecordedEvents& events, const std::string& name) {
  return static_cast<std::size_t>(std::count_if(events.pushes.begin(), events.pushes.end(),
                                                [&](const RecordedPush& push) { return push.name == name; }));
}

}  // namespace

TEST_CASE("ranges arrive with name, payload, nesting and thread") {
  const RecordedEvents events = record_events({kEmitter, "fine"});
  CHECK(events.command.exit_code == 0);
  check_form(events);
  CHECK(events.pushes.size() == 3 * (1 + 10 + 10));
  CHECK(events.thread_names == std::set<std::string>{"emitter-0", "emitter-1", "emitter-2"});
  std::set<std::int64_t> threads;
  std::uint64_t bytes = 0;
  for (const RecordedPush& push : events.pushes) {
    threads.insert(push.thread);
    if (push.name == "request") CHECK(push.parent.empty());
    if (push.name == "cache.lookup") CHECK(push.parent == "request");
    if (push.name == "tier.copy") CHECK(push.parent == "cache.lookup");
    if (push.name == "tier.copy") bytes += push.payload;
    if (push.name == "tier.copy") CHECK(events.categories.at(push.category) == "tier");
  }
  CHECK(threads.size() == 3);
  CHECK(bytes == 3 * 45);
}

TEST_CASE("coarse leaves out the fine ranges, off leaves out everything") {
  const RecordedEvents coarse = record_events({kEmitter, "coarse"});
  check_form(coarse);
  CHECK(coarse.names() == std::set<std::string>{"request", "cache.lookup"});
  const RecordedEvents off = record_events({kEmitter, "off"});
  CHECK(off.command.exit_code == 0);
  CHECK(off.pushes.empty());
  CHECK(off.thread_names.empty());
}

TEST_CASE("a real run shows its requests, lookups, moves and SSD traffic") {
  const testing::TempDir folder;
  const RecordedEvents events = record_events(
      {testing::cachebench_binary(), "run", "--config", kQuickstart, "--mode", "real", "--limit", "60",
       "--nvtx", "coarse", "--quiet", "--output", folder / "out", "--set", "load.kind=closed"});
  REQUIRE_MESSAGE(events.command.exit_code == 0, events.command.err);
  check_form(events);
  CHECK(count_of(events, "measure") == 1);
  CHECK(count_of(events, "request") == 60);
  for (const std::string name :
       {"cache.lookup", "cache.put", "tier.promote", "tier.demote", "tier.evict", "ssd.write"}) {
    CAPTURE(name);
    CHECK(count_of(events, name) > 0);
  }
}

TEST_CASE("the counts of a simulated run are those of its result") {
  const testing::TempDir folder;
  const RecordedEvents events =
      record_events({testing::cachebench_binary(), "run", "--config", kQuickstart, "--mode", "simulate",
                     "--nvtx", "coarse", "--quiet", "--json", "--output", folder / "out"});
  REQUIRE_MESSAGE(events.command.exit_code == 0, events.command.err);
  check_form(events);
  const auto result = nlohmann::json::parse(events.command.out);
  CHECK(count_of(events, "tier.evict") == result["totals"]["evictions"].get<std::size_t>());
}

TEST_CASE("a run without --nvtx emits nothing") {
  const testing::TempDir folder;
  const RecordedEvents events =
      record_events({testing::cachebench_binary(), "run", "--config", kQuickstart, "--mode", "simulate",
                     "--limit", "20", "--quiet", "--output", folder / "out"});
  REQUIRE_MESSAGE(events.command.exit_code == 0, events.command.err);
  CHECK(events.pushes.empty());
}
