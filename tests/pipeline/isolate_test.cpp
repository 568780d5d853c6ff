// SPDX-License-Identifier: Apache-2.0
#include "pipeline/isolate.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

struct Outcome {
  int value = 0;
  std::optional<Error> error;
};

std::vector<Outcome> doubled(std::span<const int> items) {
  std::vector<Outcome> outcomes;
  for (const int item : items) {
    if (item < 0) throw std::runtime_error("negative");
    outcomes.push_back({.value = 2 * item, .error = {}});
  }
  return outcomes;
}

}  // namespace

TEST_CASE("a pass that throws harms only the item at fault") {
  const std::vector<int> items{1, -1, 3};
  int passes = 0;
  const auto outcomes = isolate<Outcome>(
      std::span<const int>(items),
      [&](auto part) {
        ++passes;
        return doubled(part);
      },
      [](std::size_t) { return true; });
  REQUIRE(outcomes.size() == 3);
  CHECK(passes == 4);
  CHECK(outcomes[0].value == 2);
  CHECK(outcomes[2].value == 6);
  CHECK_FALSE(outcomes[0].error.has_value());
  REQUIRE(outcomes[1].error.has_value());
  CHECK(std::string(outcomes[1].error->what()) == "negative");
}

TEST_CASE("an item that the pass has changed is not tried again") {
  const std::vector<int> items{1, -1};
  const auto outcomes =
      isolate<Outcome>(std::span<const int>(items), doubled, [](std::size_t i) { return i != 0; });
  CHECK(outcomes[0].error.has_value());
  CHECK(outcomes[1].error.has_value());
}

TEST_CASE("nothing is done twice where nothing throws, or where there is one item alone") {
  int passes = 0;
  const auto pass = [&](std::span<const int> part) {
    ++passes;
    return doubled(part);
  };
  const auto always = [](std::size_t) { return true; };
  const std::vector<int> good{1, 2};
  (void)isolate<Outcome>(std::span<const int>(good), pass, always);
  CHECK(passes == 1);
  const std::vector<int> bad{-1};
  CHECK(isolate<Outcome>(std::span<const int>(bad), pass, always)[0].error.has_value());
  CHECK(passes == 2);
}

TEST_CASE("whatever is thrown becomes an error of one line") {
  const auto caught = [](auto thrower) {
    try {
      thrower();
    } catch (...) {
      return error_in_flight();
    }
    return Error(ErrorKind::kUsage, "nothing was thrown");
  };
  const Error kept = caught([] { throw Error(ErrorKind::kInput, "bad file"); });
  CHECK(kept.kind() == ErrorKind::kInput);
  CHECK(std::string(kept.what()) == "bad file");
  CHECK(caught([] { throw std::runtime_error("x"); }).kind() == ErrorKind::kInternal);
  CHECK(std::string(caught([] { throw 3; }).what()).find("no exception") != std::string::npos);
}
