// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/spec_object.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;
using nlohmann::ordered_json;

TEST_CASE("values are checked for kind and range, and the path is named") {
  const ordered_json value =
      ordered_json::parse(R"({"n": 3, "r": 0.5, "t": "x", "neg": -1, "big": 18446744073709551615})");
  SpecObject object(value, "f.json: a.b");
  CHECK(object.count("n", {}) == 3);
  CHECK(object.count_or("absent", 9, {}) == 9);
  CHECK(object.real("r", {}) == 0.5);
  CHECK(object.real_or("absent", 0.25, {}) == 0.25);
  CHECK(object.text("t") == "x");
  CHECK(object.text_or("absent", "y") == "y");
  CHECK(object.count("big", {}) == UINT64_MAX);
  CHECK(contains(error_of([&] { static_cast<void>(object.count("r", {})); }),
                 "f.json: a.b.r: 0.5 is not a whole number"));
  CHECK(
      contains(error_of([&] { static_cast<void>(object.count("neg", {})); }), "a.b.neg: -1 is not in 0 to"));
  CHECK(contains(error_of([&] { static_cast<void>(object.real("n", {.min = 4, .max = 5})); }),
                 "3 is not in 4 to 5"));
  CHECK(contains(error_of([&] { static_cast<void>(object.count("big", {.min = 0, .max = 10})); }),
                 "too large"));
  CHECK(contains(error_of([&] { static_cast<void>(object.real("t", {})); }), "not a number"));
  CHECK(contains(error_of([&] { static_cast<void>(object.text("n")); }), "not a string"));
  CHECK(contains(error_of([&] { static_cast<void>(object.at("absent")); }), "a.b.absent: is missing"));
}

TEST_CASE("a key nobody asked for is refused with the nearest one") {
  const ordered_json value = ordered_json::parse(R"({"turns": 1, "trns": 2})");
  SpecObject object(value, "f.json: ");
  CHECK(object.count("turns", {}) == 1);
  CHECK(contains(error_of([&] { object.finish(); }), "f.json: unknown key 'trns'; did you mean 'turns'?"));
  CHECK(contains(error_of([&] { SpecObject(ordered_json(3), "f.json: x"); }), "f.json: x: is not an object"));
}

TEST_CASE("everything asked for is known") {
  const ordered_json value = ordered_json::parse(R"({"a": 1, "b": null})");
  SpecObject object(value, "f");
  CHECK(object.has("a"));
  CHECK(object.find("b") != nullptr);
  CHECK(!object.has("c"));
  CHECK(error_of([&] { object.finish(); }).empty());
}
