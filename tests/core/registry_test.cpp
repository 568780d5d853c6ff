// SPDX-License-Identifier: Apache-2.0
#include "core/registry.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace cachebench;

namespace {

struct Colour {
  std::string name;
  int value = 0;
};
CACHEBENCH_REGISTER(Colour, {.name = "red", .value = 1});

struct Unused {
  std::string name;
};

}  // namespace

TEST_CASE("variants register before main and are found by name") {
  auto& registry = Registry<Colour>::instance();
  REQUIRE(registry.find("red") != nullptr);
  CHECK(registry.find("red")->value == 1);
  CHECK(registry.at("red", "colour").value == 1);
  CHECK(registry.find("blue") == nullptr);
  CHECK(Registry<Unused>::instance().items().empty());
}

TEST_CASE("items come in the order of their names, however they were added") {
  auto& registry = Registry<Colour>::instance();
  registry.add({.name = "blue", .value = 2});
  registry.add({.name = "amber", .value = 3});
  CHECK(registry.names() == std::vector<std::string>{"amber", "blue", "red"});
}

TEST_CASE("an unknown name is answered with the nearest") {
  try {
    (void)Registry<Colour>::instance().at("rde", "colour");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(std::string(error.what()) == "unknown colour 'rde'; did you mean 'red'?");
  }
}
