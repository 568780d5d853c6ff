// SPDX-License-Identifier: Apache-2.0
#include "bench/run/real_planes.h"

#include <doctest.h>

#include <filesystem>

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

TEST_CASE("devices that this build does not have, and planes without bytes, are refused in a line") {
  testing::SmallRun run;
  const hardware::Profile profile = hardware::find_profile(run.config.profile);
  run.config.cache.tiers[0].device = Device::kCuda;
  CHECK_THROWS_AS((void)make_planes(run.config, kSmall, profile), Error);
  run.config.cache.tiers[0].device = Device::kNull;
  CHECK_THROWS_AS((void)make_planes(run.config, kSmall, profile), Error);
}

}  // namespace
}  // namespace cachebench::bench
