// SPDX-License-Identifier: Apache-2.0
#include "bench/config/read_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "bench/config/section_reader.h"
#include "core/error.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;
using Section = SectionReader;

MissCost parse_miss_cost(const std::string& text) {
  const std::size_t plus = text.find('+');
  const auto trimmed = [](std::string_view part) {
    const std::size_t first = part.find_first_not_of(' ');
    const std::size_t last = part.find_last_not_of(' ');
    return first == std::string_view::npos ? std::string_view() : part.substr(first, last - first + 1);
  };
  MissCost cost{.fixed = parse_duration(trimmed(std::string_view(text).substr(0, plus))),
                .bytes_per_second = 0};
  if (plus == std::string::npos) return cost;
  std::string_view rate = trimmed(std::string_view(text).substr(plus + 1));
  if (!rate.ends_with("/s")) {
    throw Error(ErrorKind::kUsage, fmt::format("'{}' is not a rate: write one such as 1GB/s", rate));
  }
  rate.remove_suffix(2);
  cost.bytes_per_second = parse_bytes(rate).value;
  if (cost.bytes_per_second == 0) throw Error(ErrorKind::kUsage, "a rate of 0 bytes per second never ends");
  return cost;
}

Extent parse_extent(const std::string& text) {
  Extent extent;
  const char* end = text.data() + text.size();
  if (const auto [stop, failed] = std::from_chars(text.data(), end, extent.requests);
      failed == std::errc{} && stop == end) {
    return extent;
  }
  extent.requests = 0;
  extent.time = parse_duration(text);
  return extent;
}

std::uint32_t parse_repeat(const std::string& text) {
  if (text == "auto") return 0;
  std::uint32_t count = 0;
  const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failed != std::errc{} || count == 0 || count > 1000) {
    throw Error(ErrorKind::kUsage,
                fmt::format("'{}' is not a number of runs: write 1 to 1000, or auto", text));
  }
  return count;
}

void read_trace(const Section& section, TraceSection& trace) {
  section.read("path", trace.path);
  section.read("format", trace.format);
  section.read_enum("lowering", trace.lowering, LoweringChoice::kObjects);
  section.read("limit", trace.limit);
  if (section.has("miss_cost")) trace.miss_cost = section.parsed("miss_cost", parse_miss_cost);
  section.read("skip_bad", trace.skip_bad);
}

void read_load(const Section& section, LoadSection& load) {
  section.read_enum("kind", load.kind, LoadKind::kOpen);
  section.read("in_flight", load.in_flight);
  section.read("speedup", load.speedup);
  section.read_enum("clock", load.clock, LoadClock::kWall);
  if (section.has("warmup")) load.warmup = section.parsed("warmup", parse_extent);
  section.read("max_time", load.max_time);
  if (section.has("repeat")) load.repeat = section.parsed("repeat", parse_repeat);
}

// Keys that only some devices have are refused on the others rather than ignored.
void refuse_without_effect(const Section& section, const TierSection& tier, const Origin& origin) {
  const char* key = nullptr;
  if (section.has("pin_memory") && tier.device != Device::kHost) key = "pin_memory";
  // A tier without bytes stands for whichever has its place.
  const bool keeps_records = tier.device == Device::kSsd || tier.device == Device::kNull;
  if (!cache::is_lossy_format(tier.compression) && !keeps_records) key = "compression";
  if (key == nullptr) return;
  throw Error(ErrorKind::kUsage, fmt::format("{}: {} has no effect on tier {}, whose device is {}",
                                             origin.at(key), key, tier.name, name_of(tier.device)));
}

void read_tier(const Section& section, TierSection& tier, const Origin& origin) {
  section.read("name", tier.name);
  section.read_enum("device", tier.device, Device::kNull);
  section.read("capacity", tier.capacity);
  section.read_variant("eviction", tier.eviction);
  section.read_variant("admission", tier.admission);
  section.read("high_watermark", tier.high_watermark);
  tier.low_watermark = tier.high_watermark;
  section.read("low_watermark", tier.low_watermark);
  section.read("pin_memory", tier.pin_memory);
  section.read("compression", tier.compression);
  section.read("compression_ratio", tier.compression_ratio);
  section.read_enum("compression_when", tier.compression_when, cache::CompressionRule::When::kPressure);
  section.read("compression_start", tier.compression_start);
  tier.compression_stop = std::min(tier.compression_stop, tier.compression_start);
  section.read("compression_stop", tier.compression_stop);
  section.parsed_value("compression_stop", tier.compression,
                       [&](const std::string&) { return cache::CompressionPolicy(tier.lossy()); });
  refuse_without_effect(section, tier, origin);
}

void read_prefetch_rules(const Section& section, cache::PrefetchRules& rules) {
  if (section.has("budget")) rules.budget = section.parsed("budget", parse_bytes);
  section.read_enum("wait", rules.wait, cache::PrefetchWait::kDeadline);
  if (section.has("timeout_base")) rules.timeout_base = section.parsed("timeout_base", parse_duration);
  section.read("timeout_ns_per_byte", rules.timeout_ns_per_byte);
  if (section.has("wait_cap")) rules.wait_cap = section.parsed("wait_cap", parse_duration);
  if (section.has("slack")) rules.slack = section.parsed("slack", parse_duration);
}

void read_cache(const Json& document, const Section& section, CacheSection& cache, const Origin& origin) {
  if (section.has("tiers")) {
    const Json& tiers = document.at("cache").at("tiers");
    cache.tiers.resize(tiers.size());
    for (std::size_t i = 0; i < tiers.size(); ++i) {
      read_tier(Section(tiers[i], fmt::format("cache.tiers.{}", i), origin), cache.tiers[i], origin);
    }
  }
  section.read_variant("migration", cache.migration);
  section.read_variant("prefetch", cache.prefetch,
                       {"budget", "wait", "timeout_base", "timeout_ns_per_byte", "wait_cap", "slack"});
  read_prefetch_rules(section.below("prefetch"), cache.prefetch_rules);
  section.read("directory", cache.directory);
  section.read("cold", cache.cold);
  read_transfer(section.below("transfer"), cache.transfer);
}

}  // namespace

RunConfig read_values(const Json& document, const Origin& origin) {
  RunConfig config = default_config();
  const Section root(document, "", origin);
  root.read("name", config.name);
  root.read_enum("mode", config.mode, RunMode::kPipeline);
  root.read("seed", config.seed);
  root.read("profile", config.profile);
  root.read("output", config.output);
  read_trace(root.below("trace"), config.trace);
  root.below("model").read("geometry", config.geometry);
  read_load(root.below("load"), config.load);
  read_cache(document, root.below("cache"), config.cache, origin);
  root.below("device").read("throttle", config.throttle);
  read_multimodal(root.below("multimodal"), config.multimodal);
  read_visual(root.below("visual"), config.visual);
  read_async(root.below("async"), config.async);
  read_pipeline(root.below("pipeline"), config.pipeline);
  root.read("verify", config.verify);
  root.read_enum("validity", config.validity, Validity::kStrict);
  if (root.has("nvtx")) {
    const std::string level = root.at("nvtx").get<std::string>();
    config.nvtx = level == "fine"     ? TraceLevel::kFine
                  : level == "coarse" ? TraceLevel::kCoarse
                                      : TraceLevel::kOff;
  }
  return config;
}

}  // namespace cachebench::bench
