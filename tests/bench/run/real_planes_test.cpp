// SPDX-License-Identifier: Apache-2.0
#include "bench/run/real_planes.h"

#include <doctest.h>

#include <filesystem>
#include <string>

#include "bench/run/run_builder.h"
#include "core/error.h"

namespace cachebench::bench {
namespace {

const std::vector<Bytes> kSmall{Bytes{1 << 20}, Bytes{1 << 20}, Bytes{1 << 20}};

TEST_CASE("every tier gets the plane of its device, and the folder of an unnamed one goes again") {
  testing::SmallRun run;
  const hardware::Profile profile = hardware::find_profile(run.config.profile);
  const auto planes = make_planes(run.config, kSmall, profile);
  REQUIRE(planes.size() == 3);
  CHECK(planes[0]->medium() == hardware::Medium::kDevice);
  CHECK(planes[1]->medium() == hardware::Medium::kHost);
  CHECK(planes[2]->medium() == hardware::Medium::kSsd);
  CHECK(std::filesystem::exists(run.config.cache.directory));
}

TEST_CASE(
    "a GPU that is not there is refused in a line that says what to do, and so are planes without bytes") {
  testing::SmallRun run;
  const hardware::Profile profile = hardware::find_profile(run.config.profile);
  run.config.cache.tiers[0].device = Device::kCuda;
  try {
    const auto planes = make_planes(run.config, kSmall, profile);
    CHECK(std::string(planes[0]->device()) == "cuda");
    CHECK(planes[0]->medium() == hardware::Medium::kDevice);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kEnvironment);
    CHECK(std::string(error.what()).find("device \"emulated\"") != std::string::npos);
    MESSAGE("no GPU here: " << std::string(error.what()));
  }
  run.config.cache.tiers[0].device = Device::kNull;
  CHECK_THROWS_AS((void)make_planes(run.config, kSmall, profile), Error);
}

}  // namespace
}  // namespace cachebench::bench
