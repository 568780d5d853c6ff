// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve.h"

#include <doctest.h>

#include <limits>

#include "policy/migration.h"

using namespace cachebench;
using namespace cachebench::policy;

TEST_CASE("a name resolves to its descriptor and checked parameters") {
  const auto resolved =
      resolve<MigrationDescriptor>({"seed-threshold", {{"prediction_window", 50.0}}}, "migration");
  CHECK(resolved.descriptor.name == "seed-threshold");
  CHECK(resolved.parameters.get("prediction_window") == 50);
  CHECK(resolved.parameters.get("prediction_threshold") == 0.7);
}

TEST_CASE("errors say which variant they are about") {
  const auto message = [](double value) {
    try {
      static_cast<void>(
          resolve<MigrationDescriptor>({"seed-threshold", {{"prediction_window", value}}}, "migration"));
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kUsage);
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message(0).find("migration seed-threshold: parameter prediction_window") == 0);
  CHECK_FALSE(message(std::numeric_limits<double>::quiet_NaN()).empty());
  CHECK(message(1).empty());
}
