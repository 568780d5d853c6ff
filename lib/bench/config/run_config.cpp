// SPDX-License-Identifier: Apache-2.0
#include "bench/config/run_config.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/config/config_json.h"
#include "hardware/profile.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json optional_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json trace_json(const TraceSection& trace) {
  std::string cost = exact_duration(trace.miss_cost.fixed);
  if (trace.miss_cost.bytes_per_second != 0)
    cost += fmt::format(" + {}B/s", trace.miss_cost.bytes_per_second);
  return {{"path", trace.path},
          {"format", trace.format},
          {"lowering", name_of(trace.lowering)},
          {"limit", optional_json(trace.limit)},
          {"miss_cost", cost},
          {"skip_bad", trace.skip_bad}};
}

Json load_json(const LoadSection& load) {
  Json json;
  json["kind"] = name_of(load.kind);
  json["in_flight"] = load.in_flight;
  json["speedup"] = load.speedup;
  json["clock"] = name_of(load.clock);
  json["warmup"] =
      load.warmup.time.count() == 0 ? Json(load.warmup.requests) : Json(exact_duration(load.warmup.time));
  json["max_time"] = load.max_time ? Json(exact_duration(*load.max_time)) : Json(nullptr);
  json["repeat"] = load.repeat == 0 ? Json("auto") : Json(load.repeat);
  return json;
}

Json tier_json(const TierSection& tier) {
  Json json;
  json["name"] = tier.name;
  json["device"] = name_of(tier.device);
  json["capacity"] = size_json(tier.capacity);
  json["eviction"] = variant_json(tier.eviction);
  json["admission"] = variant_json(tier.admission);
  json["high_watermark"] = tier.high_watermark;
  json["low_watermark"] = tier.low_watermark;
  if (tier.device == Device::kHost) json["pin_memory"] = tier.pin_memory;
  json["compression"] = tier.compression;
  json["compression_ratio"] = tier.compression_ratio;
  json["compression_when"] = cache::name_of(tier.compression_when);
  json["compression_start"] = tier.compression_start;
  json["compression_stop"] = tier.compression_stop;
  return json;
}

Json prefetch_json(const CacheSection& cache) {
  const cache::PrefetchRules& rules = cache.prefetch_rules;
  Json json = variant_json(cache.prefetch);
  json["budget"] = rules.budget.value;
  json["wait"] = name_of(rules.wait);
  json["timeout_base"] = exact_duration(rules.timeout_base);
  json["timeout_ns_per_byte"] = rules.timeout_ns_per_byte;
  json["wait_cap"] = exact_duration(rules.wait_cap);
  json["slack"] = exact_duration(rules.slack);
  return json;
}

Json cache_json(const CacheSection& cache) {
  Json tiers = Json::array();
  for (const TierSection& tier : cache.tiers) tiers.push_back(tier_json(tier));
  return {{"tiers", tiers},
          {"migration", variant_json(cache.migration)},
          {"prefetch", prefetch_json(cache)},
          {"directory", cache.directory},
          {"cold", cache.cold},
          {"transfer", to_json(cache.transfer)}};
}

const char* name_of_level(TraceLevel level) {
  if (level == TraceLevel::kFine) return "fine";
  return level == TraceLevel::kCoarse ? "coarse" : "off";
}

}  // namespace

const char* name_of(RunMode mode) {
  if (mode == RunMode::kPipeline) return "pipeline";
  return mode == RunMode::kReal ? "real" : "simulate";
}
const char* name_of(LoadKind kind) {
  return kind == LoadKind::kOpen ? "open" : "closed";
}
const char* name_of(LoadClock clock) {
  return clock == LoadClock::kWall ? "wall" : "logical";
}
const char* name_of(Validity validity) {
  return validity == Validity::kStrict ? "strict" : "warn";
}
std::string TierSection::codec() const {
  return cache::is_lossy_format(compression) ? "none" : compression;
}

cache::CompressionRule TierSection::lossy() const {
  return {.format = cache::is_lossy_format(compression) ? compression : "none",
          .ratio = compression_ratio,
          .when = compression_when,
          .start = compression_start,
          .stop = compression_stop};
}

const char* name_of(Device device) {
  switch (device) {
    case Device::kCuda:
      return "cuda";
    case Device::kEmulated:
      return "emulated";
    case Device::kHost:
      return "host";
    case Device::kSsd:
      return "ssd";
    case Device::kNull:
      break;
  }
  return "null";
}

const char* name_of(LoweringChoice lowering) {
  switch (lowering) {
    case LoweringChoice::kGraph:
      return "graph";
    case LoweringChoice::kBlocks:
      return "blocks";
    case LoweringChoice::kObjects:
      return "objects";
    case LoweringChoice::kAuto:
      break;
  }
  return "auto";
}

Work MissCost::work_for(Bytes bytes) const {
  const auto fixed_ns = static_cast<double>(fixed.count());
  const double rate = static_cast<double>(bytes_per_second);
  const double bytes_ns = bytes_per_second == 0 ? 0 : static_cast<double>(bytes.value) * 1e9 / rate;
  Work work;
  work.fixed_ns = static_cast<std::uint64_t>(std::min(fixed_ns + bytes_ns, 9e18));
  return work;
}

RunConfig default_config() {
  RunConfig config;
  config.profile = hardware::kDefaultProfile;
  // The sizes of the source document's first example: they fit the default profile's 2 GB card and its host.
  const auto tier = [](const char* name, Device device, Bytes capacity) {
    return TierSection{.name = name, .device = device, .capacity = {.absolute = capacity}};
  };
  config.cache.tiers = {tier("L1", Device::kEmulated, kMiB * 512), tier("L2", Device::kHost, kGiB),
                        tier("L3", Device::kSsd, kGiB * 4)};
  return config;
}

Json to_json(const RunConfig& config) {
  Json json;
  json["name"] = config.name;
  json["mode"] = name_of(config.mode);
  json["seed"] = config.seed;
  json["profile"] = config.profile;
  json["trace"] = trace_json(config.trace);
  json["model"] = {{"geometry", config.geometry}};
  json["load"] = load_json(config.load);
  json["cache"] = cache_json(config.cache);
  json["device"] = {{"throttle", config.throttle}};
  json["multimodal"] = to_json(config.multimodal);
  json["visual"] = to_json(config.visual);
  json["async"] = to_json(config.async);
  json["pipeline"] = to_json(config.pipeline);
  json["verify"] = config.verify;
  json["validity"] = name_of(config.validity);
  json["nvtx"] = name_of_level(config.nvtx);
  return json;
}

}  // namespace cachebench::bench
