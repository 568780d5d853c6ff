// SPDX-License-Identifier: Apache-2.0
#include "bench/config/origin.h"

#include <doctest/doctest.h>

namespace cachebench::bench {
namespace {

TEST_CASE("a key is placed in its line where that is certain") {
  const Origin file{
      .name = "c.json",
      .text = "{\n  \"name\": \"mode\",\n  \"mode\" : \"real\",\n \"a\": {\"b\": 1}, \"c\": {\"b\": 2}}"};
  CHECK(file.at("name") == "c.json:2");
  CHECK(file.at("mode") == "c.json:3");
  CHECK(file.at("some.path.mode") == "c.json:3");
  CHECK(file.at("b") == "c.json");
  CHECK(file.at("absent") == "c.json");
  CHECK(Origin{.name = "--set x=1"}.at("x") == "--set x=1");
}

}  // namespace
}  // namespace cachebench::bench
