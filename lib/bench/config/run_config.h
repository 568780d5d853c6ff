// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/config/feature_sections.h"
#include "bench/config/transfer_section.h"
#include "cache/compression/compression_policy.h"
#include "cache/prefetch_rules.h"
#include "core/parameters.h"
#include "core/trace_range.h"
#include "core/units.h"
#include "core/work.h"

/// What one experiment is asked to do, resolved: plain values with every default filled in. A file becomes
/// one of these in load.h, and only there are values checked; whoever holds a RunConfig may trust it. Values
/// only: copy freely, no thread-safety concerns, nothing throws. Names follow the keys of
/// configs/schema/run.schema.json; docs/config.md explains each.
namespace cachebench::bench {

enum class RunMode : std::uint8_t {
  kSimulate,
  kReal,
  kPipeline,  ///< real, and a model computes what misses
};
enum class LoadKind : std::uint8_t {
  kClosed,  ///< `in_flight` requests at a time, the next one starts when one ends
  kOpen,    ///< requests start at their recorded times
};
enum class LoadClock : std::uint8_t {
  kLogical,  ///< decisions read the rule-driven clock: same decisions in both modes
  kWall,     ///< decisions of a real run read the machine's clock
};
enum class Device : std::uint8_t { kCuda, kEmulated, kHost, kSsd, kNull };
enum class Validity : std::uint8_t {
  kWarn,    ///< an invalid run says so and exits 0
  kStrict,  ///< an invalid run exits 7
};
/// How requests become accesses; kAuto is graph for requests, objects for object traces.
enum class LoweringChoice : std::uint8_t { kAuto, kGraph, kBlocks, kObjects };

[[nodiscard]] const char* name_of(RunMode mode);
[[nodiscard]] const char* name_of(LoadKind kind);
[[nodiscard]] const char* name_of(LoadClock clock);
[[nodiscard]] const char* name_of(Device device);
[[nodiscard]] const char* name_of(Validity validity);
[[nodiscard]] const char* name_of(LoweringChoice lowering);

/// What a miss of a plain object costs: `fixed` plus its bytes at `bytes_per_second` (0: bytes are free).
struct MissCost {
  Nanoseconds fixed{1'000'000};
  std::uint64_t bytes_per_second = 1'000'000'000;
  [[nodiscard]] Work work_for(Bytes bytes) const;
  bool operator==(const MissCost&) const = default;
};

struct TraceSection {
  std::string path;    ///< "" only in a template: a run needs one
  std::string format;  ///< registry name, "" = detect
  LoweringChoice lowering = LoweringChoice::kAuto;
  std::optional<std::uint64_t> limit;  ///< records to replay; absent: all
  MissCost miss_cost;
  std::uint64_t skip_bad = 0;  ///< malformed records tolerated
  bool operator==(const TraceSection&) const = default;
};

/// An extent given as a number of requests or as a time; at most one of the two is not 0.
struct Extent {
  std::uint64_t requests = 0;
  Nanoseconds time{0};
  [[nodiscard]] bool none() const { return requests == 0 && time.count() == 0; }
  bool operator==(const Extent&) const = default;
};

struct LoadSection {
  LoadKind kind = LoadKind::kClosed;
  std::uint32_t in_flight = 1;  ///< closed loop
  double speedup = 1.0;         ///< open loop: recorded times are divided by it
  LoadClock clock = LoadClock::kLogical;
  Extent warmup;                        ///< replayed first, in no count but its own
  std::optional<Nanoseconds> max_time;  ///< wall time after which the run ends, marked partial
  std::uint32_t repeat = 1;  ///< runs of the whole experiment; 0 = auto: until the interval is narrow
  bool operator==(const LoadSection&) const = default;
};

struct TierSection {
  std::string name;  ///< unique, for reports
  Device device = Device::kHost;
  SizeSpec capacity;  ///< absolute, or a share of the working set (distinct nominal bytes)
  NamedParameters eviction{.name = "lru", .values = {}};
  NamedParameters admission{.name = "always", .values = {}};
  double high_watermark = 1.0;  ///< eviction starts when an entry would fill the tier beyond this share,
  double low_watermark = 1.0;   ///< and goes on down to this one; both 1: evict until it fits
  bool pin_memory = true;       ///< host tiers: page-locked
  /// A lossy form of cache::CompressionRule, in any tier; or of an SSD's records, a lossless codec's name.
  std::string compression = "none";
  double compression_ratio = 0.5;  ///< lossy forms: what `target` has to reach, and when they are used
  cache::CompressionRule::When compression_when = cache::CompressionRule::When::kAlways;
  double compression_start = 0.9;
  double compression_stop = 0.7;
  /// Of the lossless codec, "none" where there is none.
  [[nodiscard]] std::string codec() const;
  [[nodiscard]] cache::CompressionRule lossy() const;
  bool operator==(const TierSection&) const = default;
};

struct CacheSection {
  std::vector<TierSection> tiers;  ///< 1 to 3, uppermost first
  NamedParameters migration{.name = "demote-on-evict", .values = {}};
  NamedParameters prefetch{.name = "none", .values = {}};
  cache::PrefetchRules prefetch_rules{};
  std::string directory;  ///< of SSD tiers; "": a fresh one, removed afterwards
  bool cold = false;      ///< empties a named directory first
  TransferSection transfer{};
  bool operator==(const CacheSection&) const = default;
};

struct RunConfig {
  std::string name = "run";
  RunMode mode = RunMode::kSimulate;
  std::uint64_t seed = 1;
  std::string profile = "i5-10210u-mx250-nvme";  ///< hardware profile, name or path
  std::string output;  ///< result folder, "" = a fresh one; of the manifest, not of the resolved config
  TraceSection trace;
  std::string geometry = "2b";  ///< model.geometry
  LoadSection load;
  CacheSection cache;
  MultimodalSection multimodal;
  VisualSection visual;
  AsyncSection async;
  PipelineSection pipeline;
  bool throttle = true;  ///< device.throttle: the emulated link runs at the profile's rate
  bool verify = false;   ///< compare every byte served with what was stored
  Validity validity = Validity::kWarn;
  TraceLevel nvtx = TraceLevel::kOff;
  bool operator==(const RunConfig&) const = default;
};

/// All defaults: three tiers, L1 emulated device, L2 host, L3 SSD.
[[nodiscard]] RunConfig default_config();

/// The resolved config as ordered JSON, every key but `output`; loading it again gives an equal RunConfig.
[[nodiscard]] nlohmann::ordered_json to_json(const RunConfig& config);

}  // namespace cachebench::bench
