// SPDX-License-Identifier: Apache-2.0
#include "trace/json_line.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

namespace {

std::string parse_error(const std::string& line) {
  return error_of([&] { static_cast<void>(parse_json_line(line)); });
}

std::string count_error(const std::string& value) {
  return error_of([&] { static_cast<void>(required_count(parse_json_line("{\"n\":" + value + "}"), "n")); });
}

}  // namespace

TEST_CASE("a line is one JSON object") {
  CHECK(parse_json_line(R"({"a":[1,{"b":2}]})")["a"][1]["b"] == 2);
  CHECK(contains(parse_error("[1]"), "not a JSON object"));
  CHECK(contains(parse_error(R"({"a":1)"), "not JSON"));
  CHECK(contains(parse_error(R"({"a":1} {"b":2})"), "not JSON"));
  CHECK(contains(parse_error(""), "not JSON"));
  CHECK(contains(parse_error(R"({"a":NaN})"), "not JSON"));
  CHECK(contains(parse_error(R"({"a":1e999})"), "not JSON"));
  CHECK(contains(parse_error("{\"a\":\"\xFF\"}"), "not JSON"));
}

TEST_CASE("a key that occurs twice in one object is an error, in two objects it is not") {
  CHECK(contains(parse_error(R"({"a":1,"b":2,"a":3})"), "\"a\" occurs twice"));
  CHECK(contains(parse_error(R"({"x":[{"k":1,"k":2}]})"), "\"k\" occurs twice"));
  CHECK(parse_error(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})").empty());
}

TEST_CASE("deep nesting is no way to crash") {
  const std::string deep(200'000, '[');
  CHECK(!parse_error("{\"a\":" + deep).empty());
}

TEST_CASE("a line of very many values is refused, one of many objects is read in time in proportion") {
  std::string values = "{\"a\":[0";
  for (std::size_t i = 0; i < kMostValues; ++i) values += ",0";
  CHECK(contains(parse_error(values + "]}"), "more than 1048576 values"));
  std::string objects = "{\"a\":[{}";
  for (std::size_t i = 1; i < 300'000; ++i) objects += ",{}";  // in the square of that it would take minutes
  CHECK(parse_json_line(objects + "]}")["a"].size() == 300'000);
}

TEST_CASE("the keys of a large object are told apart too") {
  std::string keys = "{\"k0\":0";
  for (int i = 1; i < 100; ++i) keys += ",\"k" + std::to_string(i) + "\":0";
  CHECK(parse_error(keys + "}").empty());
  CHECK(contains(parse_error(keys + ",\"k3\":0}"), "\"k3\" occurs twice"));
  CHECK(contains(parse_error(keys + ",\"k99\":0}"), "\"k99\" occurs twice"));
}

TEST_CASE("counts are whole, not negative, in range") {
  const nlohmann::json object =
      parse_json_line(R"({"n":7,"big":18446744073709551615,"whole":3.0,"null":null})");
  CHECK(required_count(object, "n") == 7);
  CHECK(required_count(object, "big") == UINT64_MAX);
  CHECK(required_count(object, "whole") == 3);
  CHECK(!optional_count(object, "null"));
  CHECK(!optional_count(object, "absent"));
  CHECK(contains(error_of([&] { static_cast<void>(required_count(object, "absent")); }),
                 "\"absent\" is missing"));
  CHECK(contains(count_error("-1"), "negative"));
  CHECK(contains(count_error("-1.5"), "negative"));
  CHECK(contains(count_error("1.5"), "whole"));
  CHECK(contains(count_error("18446744073709551616"), "too large"));
  CHECK(contains(count_error("\"7\""), "not a number"));
  CHECK(contains(count_error("true"), "not a number"));
}

TEST_CASE("reals, texts, arrays and hex words are checked too") {
  const nlohmann::json object =
      parse_json_line(R"({"r":0.5,"t":"x","a":[1],"h":"00ff","long":"12345678901234567"})");
  CHECK(required_real(object, "r") == 0.5);
  CHECK(optional_text(object, "t") == "x");
  CHECK(optional_array(object, "a")->size() == 1);
  CHECK(optional_array(object, "absent") == nullptr);
  CHECK(optional_hex64(object, "h") == 255U);
  const std::string digits = std::string(16, '0') + std::string(15, '0') + "1" + std::string(31, '0') + "F";
  const auto fine = [](const std::string& text) {
    return optional_fine_code(parse_json_line(R"({"f":")" + text + "\"}"), "f");
  };
  CHECK(fine(digits) == FineCode{0, 1, 0, 15});
  CHECK(!optional_fine_code(object, "absent"));
  for (const std::string& bad : {std::string(), digits.substr(1), digits + "0", "g" + digits.substr(1),
                                 "-" + digits.substr(1), std::string(64, ' ')}) {
    CHECK(contains(error_of([&] { static_cast<void>(fine(bad)); }), "64 hex digits"));
  }
  CHECK(!error_of([&] { static_cast<void>(optional_real(object, "t")); }).empty());
  CHECK(!error_of([&] { static_cast<void>(optional_text(object, "r")); }).empty());
  CHECK(!error_of([&] { static_cast<void>(optional_array(object, "t")); }).empty());
  CHECK(!error_of([&] { static_cast<void>(optional_hex64(object, "t")); }).empty());
  CHECK(!error_of([&] { static_cast<void>(optional_hex64(object, "long")); }).empty());
  CHECK(!error_of([&] { static_cast<void>(required_real(parse_json_line(R"({"r":-1})"), "r")); }).empty());
}
