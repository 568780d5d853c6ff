// SPDX-License-Identifier: Apache-2.0
#include "bench/run/run_policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/hash.h"

namespace cachebench::bench {
namespace {

TierSection with_policies(TierSection base, const TierSection& policies) {
  base.eviction = policies.eviction;
  base.admission = policies.admission;
  base.high_watermark = policies.high_watermark;
  base.low_watermark = policies.low_watermark;
  base.compression = policies.compression;
  base.compression_ratio = policies.compression_ratio;
  base.compression_when = policies.compression_when;
  base.compression_start = policies.compression_start;
  base.compression_stop = policies.compression_stop;
  return base;
}

}  // namespace

RunConfig with_policies(RunConfig base, const RunConfig& policies) {
  const std::vector<TierSection>& tiers = policies.cache.tiers;
  const std::size_t both = std::min(base.cache.tiers.size(), tiers.size());
  for (std::size_t i = 0; i < both; ++i) {
    // A codec of records is an SSD tier's alone.
    const bool fits = tiers[i].codec() == "none" || base.cache.tiers[i].device == tiers[i].device;
    if (fits) base.cache.tiers[i] = with_policies(std::move(base.cache.tiers[i]), tiers[i]);
  }
  base.cache.migration = policies.cache.migration;
  base.multimodal = policies.multimodal;
  base.multimodal.capacity.reset();
  base.verify = policies.verify;
  return base;
}

std::string policies_name(const RunConfig& config) {
  RunConfig bare;
  bare.cache.tiers.resize(config.cache.tiers.size());
  for (std::size_t i = 0; i < bare.cache.tiers.size(); ++i)
    bare.cache.tiers[i].device = config.cache.tiers[i].device;
  const Key digest = hash_key(to_json(with_policies(std::move(bare), config)).dump());
  return fmt::format("{}{:08x}", kPoliciesVariant, digest.hi >> 32U);
}

std::vector<std::string> variants_of(const RunConfig& config, const hardware::Profile& profile) {
  const std::string whole = policies_name(config);
  if (profile.policy_extras.contains("lookup." + whole)) return {whole};
  const MultimodalSection& multimodal = config.multimodal;
  const NamedParameters& eviction =
      multimodal.enabled ? multimodal.eviction : config.cache.tiers.front().eviction;
  std::vector<std::string> variants{"eviction." + eviction.name, "migration." + config.cache.migration.name};
  if (multimodal.enabled) variants.emplace_back(kMultimodalVariant);
  if (config.verify) variants.emplace_back(kVerifyVariant);
  return variants;
}

std::vector<std::string> deciding_variants_of(RunConfig config, const hardware::Profile& profile) {
  config.verify = false;
  return variants_of(config, profile);
}

}  // namespace cachebench::bench
