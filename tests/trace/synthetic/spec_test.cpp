// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/spec.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;
using nlohmann::ordered_json;

namespace {

ordered_json minimal() {
  return ordered_json::parse(R"({"name": "n", "requests": 5, "clients": [{"name": "a",
    "arrival": {"process": "poisson", "rate_per_s": 1}, "lengths": {"text_tokens": 5, "output_tokens": 3},
    "session": {"kind": "independent"}}]})");
}

std::string error_after(const std::string& pointer, const ordered_json& value) {
  ordered_json document = minimal();
  document[ordered_json::json_pointer(pointer)] = value;
  return error_of([&] { static_cast<void>(parse_spec(document, "f.json")); });
}

}  // namespace

TEST_CASE("a small spec has defaults for the rest") {
  const GeneratorSpec spec = parse_spec(minimal(), "f.json");
  CHECK(spec.seed == 1);
  CHECK(spec.block_tokens == 16);
  CHECK(spec.requests == 5);
  CHECK(!spec.duration_s);
  REQUIRE(spec.clients.size() == 1);
  CHECK(spec.clients[0].open_sessions == 1);
  CHECK(spec.clients[0].images.near_share == 0);
  CHECK(spec.clients[0].lengths[0].start_s == 0);
}

TEST_CASE("what is written is read again") {
  ordered_json document = minimal();
  document["seed"] = UINT64_MAX;
  document["duration_s"] = 2.5;
  document["clients"][0]["lengths"] = ordered_json::parse(
      R"([{"text_tokens": 5, "output_tokens": 3}, {"start_s": 10, "text_tokens": {"uniform": [1, 2]}, "output_tokens": 3,
          "image_count": 1, "image_tokens": {"histogram": {"7": 1}}}])");
  document["clients"][0]["images"] = ordered_json::parse(
      R"({"sizes": [{"width": 4, "height": 5}], "shared": {"share": 0.5, "objects": 9, "alpha": 1},
          "near_duplicates": {"share": 0.1, "max_bits": 4}})");
  document["clients"][0]["turns"] = ordered_json::parse(R"({"geometric": {"mean": 3}})");
  const ordered_json once = to_json(parse_spec(document, "f.json"));
  CHECK(to_json(parse_spec(once, "f.json")) == once);
  CHECK(once["seed"] == UINT64_MAX);
  CHECK(once["clients"][0]["lengths"][1]["start_s"] == 10);
  CHECK(once["clients"][0]["images"]["near_duplicates"]["max_bits"] == 4);
}

TEST_CASE("mistakes are named with file and path, unknown keys with the nearest") {
  CHECK(contains(error_after("/sed", 1), "f.json: unknown key 'sed'; did you mean 'seed'?"));
  CHECK(contains(error_after("/clients/0/turn", 1),
                 "f.json: clients[0]: unknown key 'turn'; did you mean 'turns'?"));
  CHECK(contains(error_after("/clients/0/session/kind", "chatt"), "clients[0].session.kind: "));
  CHECK(contains(error_after("/clients/0/lengths/text_tokens", -1), "clients[0].lengths.text_tokens"));
  CHECK(contains(error_after("/clients/0/arrival/rate_per_s", "x"),
                 "clients[0].arrival.rate_per_s: is not a number"));
  CHECK(contains(error_after("/clients/0/images", 3), "clients[0].images: is not an object"));
  CHECK(contains(error_after("/clients/0/images", ordered_json{{"sizes", ordered_json::array()}}),
                 "array of sizes"));
  CHECK(contains(
      error_after("/clients/0/images", ordered_json{{"near_duplicates", {{"share", 0.5}, {"max_bits", 64}}}}),
      "near_duplicates.max_bits"));
  CHECK(contains(error_after("/clients/0/lengths", ordered_json::array()), "lengths: is empty"));
  CHECK(contains(error_after("/clients", ordered_json::array()), "clients: is not an array with a client"));
  CHECK(contains(error_after("/clients/1", minimal()["clients"][0]),
                 "clients[1].name: is the name of another"));
  CHECK(contains(error_after("/name", 7), "f.json: name: is not a string"));
}

TEST_CASE("lengths are in order from 0 on") {
  const auto lengths = [](double first, double second) {
    return ordered_json::array({{{"start_s", first}, {"text_tokens", 1}, {"output_tokens", 1}},
                                {{"start_s", second}, {"text_tokens", 1}, {"output_tokens", 1}}});
  };
  CHECK(error_after("/clients/0/lengths", lengths(0, 5)).empty());
  CHECK(contains(error_after("/clients/0/lengths", lengths(1, 5)), "lengths[0].start_s"));
  CHECK(contains(error_after("/clients/0/lengths", lengths(0, 0)), "lengths[1].start_s"));
}

TEST_CASE("a spec must end somewhere") {
  ordered_json document = minimal();
  document.erase("requests");
  CHECK(contains(error_of([&] { static_cast<void>(parse_spec(document, "f.json")); }), "ends the trace"));
  document["duration_s"] = 5;
  CHECK(parse_spec(document, "f.json").duration_s == 5.0);
}

TEST_CASE("files may have comments; a broken one says where") {
  const TempDir folder;
  write_text(folder / "s.json", "// a comment\n" + minimal().dump());
  CHECK(load_spec(folder / "s.json").name == "n");
  write_text(folder / "s.json", "{\"name\": \n,}");
  try {
    static_cast<void>(load_spec(folder / "s.json"));
    CHECK(false);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(contains(error.what(), "s.json:2"));
  }
}
