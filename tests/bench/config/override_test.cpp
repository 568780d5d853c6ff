// SPDX-License-Identifier: Apache-2.0
#include "bench/config/override.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

Json after(const std::string& document, const std::string& assignment) {
  Json json = Json::parse(document);
  apply_override(json, assignment);
  return json;
}

std::string complaint(const std::string& document, const std::string& assignment) {
  try {
    static_cast<void>(after(document, assignment));
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

TEST_CASE("values are JSON, or else text") {
  CHECK(after("{}", "load.in_flight=4") == Json::parse(R"({"load": {"in_flight": 4}})"));
  CHECK(after("{}", "verify=true") == Json::parse(R"({"verify": true})"));
  CHECK(after("{}", "trace.path=a=b.csv") == Json::parse(R"({"trace": {"path": "a=b.csv"}})"));
  CHECK(after("{}", "trace.path=12") == Json::parse(R"({"trace": {"path": "12"}})"));
  CHECK(after("{}", "name=\"5\"") == Json::parse(R"({"name": "5"})"));
  CHECK(after("{}", "name=") == Json::parse(R"({"name": ""})"));
  CHECK(after("{}", "load.max_time=2s") == Json::parse(R"({"load": {"max_time": "2s"}})"));
  CHECK(after(R"({"seed": 1, "name": "x"})", "seed=2") == Json::parse(R"({"seed": 2, "name": "x"})"));
}

TEST_CASE("tiers are addressed by number or name, and made where the document has none") {
  const Json made = Json::parse(R"({"cache": {"tiers": [{}, {"capacity": "1MiB"}, {}]}})");
  CHECK(after("{}", "cache.tiers.1.capacity=1MiB") == made);
  CHECK(after("{}", "cache.tiers[1].capacity=1MiB") == made);
  CHECK(after("{}", "cache.tiers.L2.capacity=1MiB") == made);
  CHECK(after(R"({"cache": {"tiers": [{"name": "top"}]}})", "cache.tiers.top.capacity=7") ==
        Json::parse(R"({"cache": {"tiers": [{"name": "top", "capacity": 7}]}})"));
  CHECK(after(R"({"cache": {"tiers": [{}]}})", "cache.tiers.1.capacity=7") ==
        Json::parse(R"({"cache": {"tiers": [{}, {"capacity": 7}]}})"));
  CHECK(complaint("{}", "cache.tiers.7.capacity=1").find("no '7' among 3") != std::string::npos);
  CHECK(complaint("{}", "cache.tiers.L9.capacity=1").find("no 'L9'") != std::string::npos);
}

TEST_CASE("another policy drops the parameters of the one before") {
  const std::string before = R"({"cache": {"migration": {"policy": "a", "k": 3}}})";
  CHECK(after(before, "cache.migration.policy=b") ==
        Json::parse(R"({"cache": {"migration": {"policy": "b"}}})"));
  CHECK(after(before, "cache.migration.policy=a") == Json::parse(before));
  CHECK(after(R"({"cache": {"prefetch": {"policy": "a", "wait": "deadline", "k": 3}}})",
              "cache.prefetch.policy=b") ==
        Json::parse(R"({"cache": {"prefetch": {"wait": "deadline", "policy": "b"}}})"));
}

TEST_CASE("malformed assignments are named") {
  for (const char* wrong : {"load", "", "=3", "load.=3", ".load=3", "a..b=3"}) {
    CAPTURE(wrong);
    CHECK(complaint("{}", wrong).find("write path=value") != std::string::npos);
  }
  CHECK(complaint(R"({"name": "x"})", "name.y=3").find("below a value") != std::string::npos);
}

}  // namespace
}  // namespace cachebench::bench
