// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_config.h"

#include <fmt/format.h>

#include "core/error.h"
#include "policy/eviction.h"
#include "policy/migration.h"

namespace cachebench::cache {
namespace {

struct TierField {
  const char* tier;
  hardware::Medium medium;
  Bytes capacity;
  const std::string& policy;
};

/// Runs `check`; its complaint gets the field's name in front.
template <typename Check>
void within(const std::string& field, Check check) {
  try {
    check();
  } catch (const Error& error) {
    throw Error(ErrorKind::kUsage, fmt::format("{}: {}", field, error.what()));
  }
}

TierOptions tier_of(const TierField& field, const char* policy_field) {
  TierOptions tier;
  tier.name = field.tier;
  tier.medium = field.medium;
  tier.capacity = field.capacity;
  within(policy_field, [&] {
    tier.eviction = parse_named_parameters(field.policy);
    static_cast<void>(policy::make_eviction(tier.eviction, {.capacity = field.capacity}));
  });
  return tier;
}

}  // namespace

EngineOptions engine_options(const CacheConfig& config, std::uint64_t seed) {
  using hardware::Medium;
  EngineOptions options;
  options.seed = seed;
  options.tiers = {
      tier_of({"L1", Medium::kDevice, config.l1_cache_size, config.l1_eviction_policy}, "l1_eviction_policy"),
      tier_of({"L2", Medium::kHost, config.l2_cache_size, config.l2_eviction_policy}, "l2_eviction_policy"),
      tier_of({"L3", Medium::kSsd, config.l3_cache_size, config.l3_eviction_policy}, "l3_eviction_policy")};
  options.migration.name = "seed-threshold";
  options.migration.values = {
      {"migration_threshold_high_freq", static_cast<double>(config.migration_threshold_high_freq)},
      {"migration_threshold_medium_freq", static_cast<double>(config.migration_threshold_medium_freq)},
      {"migration_time_threshold", config.migration_time_threshold},
      {"prediction_window", static_cast<double>(config.prediction_window)},
      {"prediction_threshold", config.prediction_threshold}};
  const policy::TierLayout layout{
      .capacity = {config.l1_cache_size, config.l2_cache_size, config.l3_cache_size},
      .count = options.tiers.size()};
  static_cast<void>(policy::make_migration(options.migration, layout));
  return options;
}

}  // namespace cachebench::cache
