// SPDX-License-Identifier: Apache-2.0
#include "core/parameters.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "core/error.h"

using namespace cachebench;

namespace {

const std::vector<ParameterSpec> kSpecs{{"small_ratio", 0.1, 0, 1, "share"}, {"k", 2, 1, 16, "count"}};

template <typename Function>
std::string error_of(Function function) {
  try {
    function();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("declared parameters start at their defaults and take values in range") {
  Parameters parameters(kSpecs);
  CHECK(parameters.get("small_ratio") == 0.1);
  parameters.set("k", 16);
  CHECK(parameters.get("k") == 16);
  CHECK(parameters.values().size() == 2);
}

TEST_CASE("unknown names and values out of range are refused and change nothing") {
  Parameters parameters(kSpecs);
  CHECK(error_of([&] { parameters.set("smal_ratio", 0.5); }).find("'small_ratio'") != std::string::npos);
  for (const double value :
       {0.0, 17.0, -1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    CHECK(error_of([&] { parameters.set("k", value); }).find("1 to 16") != std::string::npos);
  }
  CHECK(parameters.get("k") == 2);
  Parameters none({});
  CHECK(error_of([&] { none.set("k", 1); }).find("there are none") != std::string::npos);
}

TEST_CASE("the short form on the command line") {
  CHECK(parse_named_parameters("lru") == NamedParameters{.name = "lru", .values = {}});
  CHECK(parse_named_parameters("s3fifo:small_ratio=0.1:ghost_ratio=0.9") ==
        NamedParameters{.name = "s3fifo", .values = {{"small_ratio", 0.1}, {"ghost_ratio", 0.9}}});
  for (const char* text :
       {"lru:", "lru:k", "lru:k=", "lru:=1", "lru:k=x", "lru:k=1x", "lru:k=1:", "lru::k=1"}) {
    CAPTURE(text);
    CHECK(error_of([&] { (void)parse_named_parameters(text); }).find("parameter=number") !=
          std::string::npos);
  }
  CHECK(error_of([] { (void)parse_named_parameters("lru:k=1:k=2"); }).find("twice") != std::string::npos);
}
