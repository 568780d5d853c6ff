// SPDX-License-Identifier: Apache-2.0
#include "bench/config/cross_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/ids.h"
#include "hardware/affinity.h"
#include "hardware/profile.h"
#include "model/geometry.h"
#include "policy/admission.h"
#include "policy/eviction.h"
#include "policy/migration.h"
#include "policy/prefetch.h"
#include "trace/format.h"

namespace cachebench::bench {
namespace {

/// Runs `check`; its complaint gets file and key in front.
template <typename Check>
void within(const Origin& origin, const std::string& key, Check check) {
  try {
    check();
  } catch (const Error& error) {
    throw Error(ErrorKind::kUsage, fmt::format("{}: {}: {}", origin.at(key), key, error.what()));
  }
}

[[noreturn]] void refuse(const Origin& origin, const std::string& key, const std::string& reason) {
  throw Error(ErrorKind::kUsage, fmt::format("{}: {}: {}", origin.at(key), key, reason));
}

// Device memory above host memory above the SSD; the null device goes anywhere.
int rank_of(Device device) {
  switch (device) {
    case Device::kCuda:
    case Device::kEmulated:
      return 0;
    case Device::kHost:
      return 1;
    case Device::kSsd:
      return 2;
    case Device::kNull:
      break;
  }
  return -1;
}

// Policies that see the future need one that is fixed: the whole trace, in the trace's order.
void check_oracle(const RunConfig& config, const TierSection& tier, const std::string& path,
                  const Origin& origin) {
  const auto* policy = policy::EvictionRegistry::instance().find(tier.eviction.name);
  if (policy == nullptr || !policy->sees_future) return;
  const char* obstacle = nullptr;
  if (config.mode != RunMode::kSimulate) obstacle = "a real run has none to show: use mode simulate";
  if (config.load.kind == LoadKind::kOpen)
    obstacle = "an open loop has none that is fixed: use load.kind closed";
  if (config.load.in_flight > 1)
    obstacle = "with several requests in flight it is not fixed: use load.in_flight 1";
  if (config.load.max_time)
    obstacle = "a run that may end before the trace does has another one: leave max_time out";
  if (obstacle != nullptr)
    refuse(origin, path, fmt::format("'{}' sees the future, and {}", tier.eviction.name, obstacle));
}

void check_tier(const RunConfig& config, std::size_t index, const Origin& origin) {
  const TierSection& tier = config.cache.tiers[index];
  const std::string path = fmt::format("cache.tiers.{}", index);
  within(origin, path + ".eviction", [&] {
    static_cast<void>(policy::make_eviction(tier.eviction, {.capacity = Bytes{1}, .seed = config.seed}));
  });
  within(origin, path + ".admission",
         [&] { static_cast<void>(policy::make_admission(tier.admission, Bytes{1})); });
  check_oracle(config, tier, path + ".eviction", origin);
  if (tier.low_watermark > tier.high_watermark) {
    refuse(origin, path + ".low_watermark",
           fmt::format("{} is above high_watermark {}", tier.low_watermark, tier.high_watermark));
  }
  if (config.mode != RunMode::kSimulate && tier.device == Device::kNull) {
    refuse(origin, path + ".device", "'null' holds no bytes, so it cannot serve a real run");
  }
}

void check_tiers(const RunConfig& config, const Origin& origin) {
  const std::vector<TierSection>& tiers = config.cache.tiers;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    check_tier(config, i, origin);
    for (std::size_t j = 0; j < i; ++j) {
      if (tiers[i].name == tiers[j].name) {
        refuse(origin, fmt::format("cache.tiers.{}.name", i),
               fmt::format("'{}' is given twice", tiers[i].name));
      }
      const bool both = rank_of(tiers[i].device) >= 0 && rank_of(tiers[j].device) >= 0;
      if (both && rank_of(tiers[i].device) <= rank_of(tiers[j].device)) {
        refuse(origin, fmt::format("cache.tiers.{}.device", i),
               fmt::format(
                   "'{}' below '{}': tiers go from device memory (cuda, emulated) to host to ssd, one each",
                   name_of(tiers[i].device), name_of(tiers[j].device)));
      }
    }
  }
}

void check_names(const RunConfig& config, const Origin& origin) {
  within(origin, "model.geometry", [&] { static_cast<void>(model::geometry_named(config.geometry)); });
  within(origin, "profile", [&] { static_cast<void>(hardware::find_profile(config.profile)); });
  if (!config.trace.format.empty()) {
    within(origin, "trace.format", [&] {
      static_cast<void>(trace::FormatRegistry::instance().at(config.trace.format, "trace format"));
    });
  }
  within(origin, "cache.migration", [&] {
    static_cast<void>(policy::make_migration(
        config.cache.migration, {.capacity = {kGiB, kGiB, kGiB}, .count = config.cache.tiers.size()}));
  });
  within(origin, "cache.prefetch", [&] { static_cast<void>(policy::make_prefetch(config.cache.prefetch)); });
}

void check_transfer(const TransferSection& transfer, const Origin& origin) {
  if (transfer.chunk < kKiB * 64)
    refuse(origin, "cache.transfer.chunk",
           fmt::format("{} is less than 64 KiB", format_bytes(transfer.chunk)));
  const std::uint64_t alignment = transfer.alignment.value;
  if (alignment < 256 || alignment > 2 * kMiB.value || !std::has_single_bit(alignment)) {
    refuse(origin, "cache.transfer.alignment",
           fmt::format("{} is no power of two from 256 B to 2 MiB", format_bytes(transfer.alignment)));
  }
  const std::uint64_t block = transfer.ssd_block.value;
  constexpr std::uint64_t kPage = 4096;
  if (block < kPage || block % kPage != 0 || block > 16 * kMiB.value) {
    refuse(origin, "cache.transfer.ssd_block",
           fmt::format("{} is no multiple of 4 KiB up to 16 MiB", format_bytes(transfer.ssd_block)));
  }
  within(origin, "cache.transfer.processors",
         [&] { static_cast<void>(hardware::parse_processors(transfer.processors)); });
}

void check_ordered(double low, double high, const char* low_key, const char* high_key, const Origin& origin) {
  if (low <= high) return;
  const std::string_view high_name =
      std::string_view(high_key).substr(std::string_view(high_key).rfind('.') + 1);
  refuse(origin, low_key, fmt::format("{} is above {} {}", low, high_name, high));
}

void check_multimodal(const MultimodalSection& multimodal, std::uint64_t seed, const Origin& origin) {
  within(origin, "multimodal.eviction", [&] {
    static_cast<void>(policy::make_eviction(multimodal.eviction, {.capacity = Bytes{1}, .seed = seed}));
  });
  const auto* policy = policy::EvictionRegistry::instance().find(multimodal.eviction.name);
  if (policy != nullptr && policy->sees_future) {
    refuse(origin, "multimodal.eviction",
           fmt::format("'{}' sees the future, which this cache has none of", multimodal.eviction.name));
  }
  const Nanoseconds ttl = multimodal.ttl.default_ttl;
  if (ttl.count() <= 0) refuse(origin, "multimodal.ttl.default", "a time to live is longer than 0");
  const CompressionSection& compression = multimodal.compression;
  check_ordered(compression.pressure_stop, compression.pressure_start, "multimodal.compression.pressure_stop",
                "multimodal.compression.pressure_start", origin);
  check_ordered(multimodal.dynamic.min_share, multimodal.dynamic.max_share, "multimodal.dynamic.min_share",
                "multimodal.dynamic.max_share", origin);
  std::vector<std::string> kinds;
  for (int i = 0; i < kArtefactKinds; ++i) kinds.emplace_back(name_of(static_cast<ArtefactKind>(i)));
  for (const auto& [kind, share] : multimodal.quotas) {
    if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) continue;
    refuse(origin, "multimodal.quotas",
           fmt::format("unknown kind '{}'; known are: {}", kind, fmt::join(kinds, ", ")));
  }
}

/// Adds the parameters that the config leaves out, at their defaults.
template <typename Descriptor>
void complete(NamedParameters& variant) {
  const Descriptor* descriptor = Registry<Descriptor>::instance().find(variant.name);
  if (descriptor == nullptr) return;
  for (const ParameterSpec& spec : descriptor->parameters)
    variant.values.emplace(spec.name, spec.default_value);
}

}  // namespace

void complete_parameters(RunConfig& config) {
  for (TierSection& tier : config.cache.tiers) {
    complete<policy::EvictionDescriptor>(tier.eviction);
    complete<policy::AdmissionDescriptor>(tier.admission);
  }
  complete<policy::EvictionDescriptor>(config.multimodal.eviction);
  complete<policy::MigrationDescriptor>(config.cache.migration);
  complete<policy::PrefetchDescriptor>(config.cache.prefetch);
}

void cross_check(const RunConfig& config, const Origin& origin) {
  check_names(config, origin);
  check_tiers(config, origin);
  check_transfer(config.cache.transfer, origin);
  check_multimodal(config.multimodal, config.seed, origin);
  if (config.mode == RunMode::kPipeline && config.visual.enabled && config.pipeline.warm_passes > 0) {
    refuse(origin, "pipeline.warm_passes",
           "the registry of `visual` reads the trace once: warm up by load.warmup, or leave `visual` off");
  }
  if (config.mode == RunMode::kPipeline && config.pipeline.runner == "modelled" &&
      config.pipeline.weights_budget.value > 0) {
    refuse(origin, "pipeline.weights_budget", "runner 'modelled' has no weights: use runner 'libtorch'");
  }
  if (config.load.clock == LoadClock::kWall && config.mode == RunMode::kSimulate) {
    refuse(origin, "load.clock", "'wall' is for real runs: simulated time advances by rule");
  }
}

}  // namespace cachebench::bench
