// SPDX-License-Identifier: Apache-2.0
#include "result/json_reader.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;
using result::JsonReader;

template <typename F>
std::string complaint(F&& read) {
  try {
    read();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kInput);
    return error.what();
  }
  return "nothing thrown";
}

TEST_CASE("values of the right kind are read") {
  const Json json = Json::parse(
      R"({"n":9007199254740991,"i":-5,"x":0.5,"t":"a","b":true,"l":["p","q"],"c":[1,2],"o":{"k":{"n":7}},"p":[[1,2]],"z":null})");
  const JsonReader reader(json, "f.json");
  CHECK(reader.count("n") == result::kMaxExactInteger);
  CHECK(reader.integer("i") == -5);
  CHECK(reader.number("x") == 0.5);
  CHECK(reader.text("t") == "a");
  CHECK(reader.flag("b"));
  CHECK(reader.texts("l") == std::vector<std::string>{"p", "q"});
  CHECK(reader.counts("c") == std::vector<std::uint64_t>{1, 2});
  CHECK(reader.object("o").object("k").count("n") == 7);
  CHECK(reader.opaque("o") == R"({"k":{"n":7}})");
  CHECK(reader.has("n"));
  CHECK(!reader.has("z"));
  CHECK(!reader.has("absent"));
  CHECK(reader.count_or("absent", 3) == 3);
  CHECK(reader.text_or("absent", "d") == "d");
  int seen = 0;
  reader.members("o", [&](const std::string& name, const JsonReader& item) {
    seen += name == "k" && item.count("n") == 7 ? 1 : 0;
  });
  reader.pairs("p", [&](std::int64_t a, std::uint64_t b) { seen += a == 1 && b == 2 ? 1 : 0; });
  CHECK(seen == 2);
}

TEST_CASE("every complaint names the file and the whole path of the key") {
  const Json json = Json::parse(R"({"a":{"b":[{"c":1.5}]}})");
  const JsonReader reader(json, "f.json");
  CHECK(complaint([&] { (void)reader.object("a").count("x"); }) == "f.json: key 'a.x' is missing");
  CHECK(complaint([&] {
          reader.object("a").each("b", [](const JsonReader& item) { (void)item.count("c"); });
        }) == "f.json: key 'a.b[0].c' is not a whole number from 0 to 2^53");
  CHECK(complaint([&] { (void)reader.object("a").object("b"); }) == "f.json: key 'a.b' is not an object");
  CHECK(complaint([] { JsonReader(Json::array(), "g.json"); }) == "g.json: not a JSON object");
}

TEST_CASE("values of the wrong kind are refused") {
  for (const char* value : {"-1", "9007199254740992", "1e3", "0.5", "\"1\"", "true", "null", "[]", "{}"}) {
    CAPTURE(value);
    const Json json = Json::parse(std::string(R"({"k":)") + value + "}");
    const JsonReader reader(json, "f");
    CHECK(complaint([&] { (void)reader.count("k"); }).find("'k'") != std::string::npos);
    CHECK(complaint([&] { reader.pairs("k", [](std::int64_t, std::uint64_t) { FAIL("visited"); }); }) !=
          (std::string(value) == "[]" ? "" : "nothing thrown"));
  }
  const Json json = Json::parse(R"({"m":-9007199254740992,"p":[[1]],"q":[["a",1]],"t":[1],"c":["a"]})");
  const JsonReader reader(json, "f");
  CHECK(complaint([&] { (void)reader.integer("m"); }).find("2^53") != std::string::npos);
  const auto nothing = [](std::int64_t, std::uint64_t) {};
  CHECK(complaint([&] { reader.pairs("p", nothing); }).find("pairs") != std::string::npos);
  CHECK(complaint([&] { reader.pairs("q", nothing); }).find("pairs") != std::string::npos);
  CHECK(complaint([&] { (void)reader.texts("t"); }).find("strings") != std::string::npos);
  CHECK(complaint([&] { (void)reader.counts("c"); }).find("whole") != std::string::npos);
}

TEST_CASE("schema, major version and kind are held") {
  const auto check = [](const char* text) {
    const Json json = Json::parse(text);
    return complaint([&] { result::require_schema(json, "f", "run"); });
  };
  CHECK(check(R"({"schema":"cachebench/result","schema_version":"1.7","kind":"run"})") == "nothing thrown");
  CHECK(check("{}") == "f: key 'schema' is missing");
  CHECK(check(R"({"schema":"other","schema_version":"1.0","kind":"run"})").find("'other'") !=
        std::string::npos);
  CHECK(check(R"({"schema":"cachebench/result","schema_version":"2.0","kind":"run"})").find("1.x") !=
        std::string::npos);
  CHECK(check(R"({"schema":"cachebench/result","schema_version":"1.0","kind":"sweep"})").find("'sweep'") !=
        std::string::npos);
}

TEST_CASE("an object of numbers is read, nulls left out, anything else refused by name") {
  const Json json = Json::parse(R"({"a": {"x": 1, "y": null, "z": -0.5}, "b": {"x": "1"}, "c": [1]})");
  const result::JsonReader reader(json, "f");
  CHECK(reader.numbers("a") == std::map<std::string, double>{{"x", 1.0}, {"z", -0.5}});
  CHECK_THROWS_WITH_AS((void)reader.numbers("b"), "f: key 'b' has a member 'x' that is not a number", Error);
  CHECK_THROWS_WITH_AS((void)reader.numbers("c"), "f: key 'c' is not an object", Error);
}

}  // namespace
