// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/generate.h"

#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "trace/byte_source.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;
using nlohmann::ordered_json;

namespace {

const std::filesystem::path kWorkloads = std::filesystem::path(CACHEBENCH_SOURCE_DIR) / "workloads";

std::vector<Request> all_of(const GeneratorSpec& spec) {
  Generator generator(spec);
  std::vector<Request> result;
  Request request;
  while (generator.next(request)) result.push_back(request);
  return result;
}

GeneratorSpec two_clients() {
  return parse_spec(ordered_json::parse(R"({"name": "n", "requests": 400, "seed": 3, "clients": [
    {"name": "a", "arrival": {"process": "poisson", "rate_per_s": 2}, "open_sessions": 4, "turns": {"uniform": [2, 4]},
     "lengths": {"text_tokens": 5, "output_tokens": 3}, "session": {"kind": "chat"}},
    {"name": "b", "arrival": {"process": "gamma", "rate_per_s": 1, "cv": 0.5},
     "lengths": {"text_tokens": 5, "output_tokens": 3}, "session": {"kind": "independent"}}]})"),
                    "spec");
}

std::string content_of(const std::string& path) {
  const auto source = open_source(path);
  while (source->grow()) {
  }
  return std::string(source->window());
}

}  // namespace

TEST_CASE("requests come in order, numbered, with sessions of the turns drawn") {
  const std::vector<Request> requests = all_of(two_clients());
  REQUIRE(requests.size() == 400);
  std::map<std::uint64_t, std::uint32_t> turns;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    CHECK(requests[i].sequence == i);
    CHECK(requests[i].id == i);
    if (i > 0) CHECK(requests[i].arrival >= requests[i - 1].arrival);
    CHECK(requests[i].arrival.count() % 1000 == 0);
    CHECK(*requests[i].turn == ++turns[*requests[i].session]);
  }
  std::map<std::uint32_t, int> lengths;
  for (const auto& [session, last] : turns) ++lengths[last];
  CHECK(lengths.rbegin()->first == 4);
  CHECK(lengths[2] > 5);
}

TEST_CASE("the same seed gives the same trace, another seed another") {
  GeneratorSpec spec = two_clients();
  const std::vector<Request> requests = all_of(spec);
  CHECK(all_of(spec) == requests);
  spec.seed = 4;
  CHECK(all_of(spec) != requests);
}

TEST_CASE("a client draws the same whoever else is there") {
  GeneratorSpec spec = two_clients();
  std::vector<std::vector<Input>> with;
  std::vector<std::vector<Input>> alone;
  for (const Request& request : all_of(spec)) {
    if (request.inputs.size() > 1 || *request.turn > 1) with.push_back(request.inputs);
  }
  spec.clients.pop_back();
  for (const Request& request : all_of(spec)) {
    if (request.inputs.size() > 1 || *request.turn > 1) alone.push_back(request.inputs);
  }
  REQUIRE(alone.size() > with.size());
  CHECK(std::equal(with.begin(), with.end(), alone.begin()));
}

TEST_CASE("duration and number end a trace, whichever is first") {
  GeneratorSpec spec = two_clients();
  spec.duration_s = 10;
  const std::vector<Request> requests = all_of(spec);
  CHECK(requests.size() > 10);
  CHECK(requests.size() < 60);
  CHECK(requests.back().arrival < std::chrono::seconds(10));
  spec.requests = 7;
  CHECK(all_of(spec).size() == 7);
}

TEST_CASE("later lengths replace earlier ones, and sessions end with them") {
  GeneratorSpec spec =
      parse_spec(ordered_json::parse(R"({"name": "n", "duration_s": 20, "clients": [{"name": "a",
    "arrival": {"process": "poisson", "rate_per_s": 20}, "open_sessions": 2, "turns": 1000,
    "lengths": [{"text_tokens": 5, "output_tokens": 3}, {"start_s": 10, "text_tokens": 6, "output_tokens": 3}],
    "session": {"kind": "independent"}}]})"),
                 "spec");
  for (const Request& request : all_of(spec)) {
    const bool later = request.arrival >= std::chrono::seconds(10);
    REQUIRE(request.inputs.size() == 1);
    CHECK(request.inputs[0].tokens == (later ? 6U : 5U));
    CHECK((*request.session >= 2) == later);
  }
}

TEST_CASE("the shipped workloads come out of their specs, byte for byte, and are small") {
  const TempDir folder;
  for (const std::string name : {"chat", "docqa", "agent", "neardup"}) {
    const std::string shipped = (kWorkloads / (name + ".jsonl.zst")).string();
    const GeneratorSpec spec = load_spec((kWorkloads / (name + ".spec.json")).string());
    const auto writer = create_trace(folder / name, "native", Generator(spec).header());
    CHECK(generate(spec, *writer) == spec.requests);
    writer->finish();
    CHECK_MESSAGE(content_of(shipped) == read_text(folder / name), name);
    CHECK(std::filesystem::file_size(shipped) <= 1'000'000);
    CHECK(std::filesystem::file_size(folder / name) <= 1'000'000);
    CHECK(error_of_reading(shipped).empty());
  }
}
