// SPDX-License-Identifier: Apache-2.0
#include "bench/run/run_policies.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace cachebench;
using namespace cachebench::bench;

namespace {

RunConfig three_tiers() {
  RunConfig config;
  constexpr std::array kDevices{Device::kEmulated, Device::kHost, Device::kSsd};
  for (std::size_t i = 0; i < kDevices.size(); ++i) {
    TierSection& tier = config.cache.tiers.emplace_back();
    tier.name = "L" + std::to_string(i + 1);
    tier.device = kDevices[i];
  }
  return config;
}

}  // namespace

TEST_CASE("policies have the same name whatever workload and sizes they are used with") {
  const RunConfig config = three_tiers();
  RunConfig other = config;
  other.name = "another";
  other.trace.path = "elsewhere.jsonl";
  other.seed = 9;
  other.cache.tiers[1].name = "memory";
  other.cache.tiers[1].capacity = SizeSpec{};
  other.cache.directory = "/somewhere";
  other.multimodal.capacity = SizeSpec{};
  CHECK(policies_name(other) == policies_name(config));
  CHECK(policies_name(config).starts_with("policies."));
}

TEST_CASE("every policy makes another name") {
  const RunConfig config = three_tiers();
  std::vector<RunConfig> others(8, config);
  others[0].cache.tiers[0].eviction.name = "gdsf";
  others[1].cache.tiers[2].eviction.name = "gdsf";
  others[2].cache.migration.name = "write-back";
  others[3].multimodal.enabled = true;
  others[4].multimodal.ttl.enabled = true;
  others[5].cache.tiers[1].compression = "int8";
  others[6].cache.tiers.pop_back();
  others[7].verify = true;
  for (std::size_t i = 0; i < others.size(); ++i) {
    CAPTURE(i);
    CHECK(policies_name(others[i]) != policies_name(config));
    for (std::size_t j = 0; j < i; ++j) CHECK(policies_name(others[i]) != policies_name(others[j]));
  }
}

TEST_CASE("policies go over, sizes and places stay") {
  RunConfig base = three_tiers();
  base.cache.tiers[0].capacity = SizeSpec{};
  base.cache.directory = "/here";
  RunConfig policies = three_tiers();
  policies.cache.tiers.pop_back();
  policies.cache.tiers[0].eviction.name = "arc";
  policies.cache.tiers[0].name = "other";
  policies.cache.migration.name = "none";
  policies.cache.directory = "/there";
  policies.multimodal.enabled = true;
  policies.multimodal.capacity = SizeSpec{};
  policies.verify = true;
  const RunConfig mixed = with_policies(base, policies);
  REQUIRE(mixed.cache.tiers.size() == 3);
  CHECK(mixed.cache.tiers[0].eviction.name == "arc");
  CHECK(mixed.cache.tiers[0].name == "L1");
  CHECK(mixed.cache.tiers[2] == base.cache.tiers[2]);
  CHECK(mixed.cache.migration.name == "none");
  CHECK(mixed.cache.directory == "/here");
  CHECK(mixed.multimodal.enabled);
  CHECK_FALSE(mixed.multimodal.capacity.has_value());
  CHECK(mixed.verify);
}

TEST_CASE("a codec of records goes to no tier that has none") {
  RunConfig policies = three_tiers();
  policies.cache.tiers[2].compression = "zstd";
  RunConfig base = three_tiers();
  CHECK(with_policies(base, policies).cache.tiers[2].compression == "zstd");
  base.cache.tiers[2].device = Device::kHost;
  CHECK(with_policies(base, policies).cache.tiers[2].compression == "none");
}

TEST_CASE("a run's figures vary by its policies as a whole where a profile knows them, else by each") {
  RunConfig config = three_tiers();
  config.cache.tiers[0].eviction.name = "lfu";
  hardware::Profile profile;
  CHECK(variants_of(config, profile) ==
        std::vector<std::string>{"eviction.lfu", "migration.demote-on-evict"});
  config.multimodal.enabled = true;
  config.multimodal.eviction.name = "arc";
  CHECK(variants_of(config, profile) ==
        std::vector<std::string>{"eviction.arc", "migration.demote-on-evict", "multimodal"});
  config.verify = true;
  CHECK(variants_of(config, profile) ==
        std::vector<std::string>{"eviction.arc", "migration.demote-on-evict", "multimodal", "verify"});
  profile.policy_extras["lookup." + policies_name(config)] = Nanoseconds{0};
  CHECK(variants_of(config, profile) == std::vector<std::string>{policies_name(config)});
}

TEST_CASE("what is verified changes nothing that decisions know of") {
  RunConfig config = three_tiers();
  hardware::Profile profile;
  const std::vector<std::string> unverified = variants_of(config, profile);
  config.verify = true;
  profile.policy_extras["lookup." + policies_name(config)] = Nanoseconds{50};
  CHECK(variants_of(config, profile) == std::vector<std::string>{policies_name(config)});
  CHECK(deciding_variants_of(config, profile) == unverified);
}
