// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/parameters.h"
#include "core/units.h"

/// The sections of a config for what stands on the tiered cache: the multimodal cache, the visual registry,
/// the asynchronous processor and the pipeline. Plain values with their defaults, as in run_config.h; each
/// section is off or idle unless the config asks for it.
namespace cachebench::bench {

class SectionReader;

struct SimilaritySection {
  bool enabled = false;
  double threshold = 0.9;  ///< 1 − distance/64 of codes, or the cosine of embeddings
  std::uint32_t top_k = 1;
  bool text = true;        ///< SimHash
  bool image = true;       ///< pHash
  bool embedding = false;  ///< cosine, where embeddings are at hand
  bool confirm = false;    ///< a finer code has to agree as well
  bool operator==(const SimilaritySection&) const = default;
};

struct TtlSection {
  bool enabled = false;
  Nanoseconds default_ttl{3'600'000'000'000};
  bool operator==(const TtlSection&) const = default;
};

enum class CompressWhen : std::uint8_t {
  kPressure,  ///< from `pressure_start` of the budget on, down to `pressure_stop`
  kAlways,
};
[[nodiscard]] const char* name_of(CompressWhen when);

struct CompressionSection {
  bool enabled = false;
  double ratio = 0.5;  ///< stored over original bytes that a format has to reach
  CompressWhen when = CompressWhen::kPressure;
  double pressure_start = 0.9;
  double pressure_stop = 0.8;
  bool operator==(const CompressionSection&) const = default;
};

/// Grows and shrinks the budget with the machine's memory.
struct DynamicSizeSection {
  bool enabled = false;
  double min_share = 0.25;  ///< of the capacity: hard bounds
  double max_share = 1.0;
  bool operator==(const DynamicSizeSection&) const = default;
};

struct MultimodalSection {
  bool enabled = false;
  std::optional<SizeSpec> capacity;  ///< of all entries together; absent: what the tiers hold
  NamedParameters eviction{.name = "lru", .values = {}};
  std::string hash = "sha256";  ///< identity of content
  SimilaritySection similarity;
  TtlSection ttl;
  CompressionSection compression;
  DynamicSizeSection dynamic;
  std::map<std::string, double> quotas;  ///< share of the capacity by kind of entry
  bool share_encoder = true;             ///< models with one encoder share its outputs
  bool operator==(const MultimodalSection&) const = default;
};

enum class RegistryEviction : std::uint8_t { kLfu, kLru };
[[nodiscard]] const char* name_of(RegistryEviction eviction);

struct VisualSection {
  bool enabled = false;
  std::uint64_t max_entries = 100;
  Bytes max_vram{4ULL << 30};
  RegistryEviction eviction = RegistryEviction::kLfu;
  std::uint64_t minimum_stable_blocks = 0;  ///< eviction stops here
  bool operator==(const VisualSection&) const = default;
};

enum class BackPressure : std::uint8_t {
  kBlock,   ///< submit waits for room
  kReject,  ///< submit fails at once
  kShed,    ///< what can no longer meet its deadline makes room
};
[[nodiscard]] const char* name_of(BackPressure rule);

struct AsyncSection {
  bool enabled = true;
  std::uint32_t max_concurrent_requests = 8;
  std::uint32_t buffer_size = 64;
  BackPressure back_pressure = BackPressure::kBlock;
  bool batching = true;
  Nanoseconds batch_timeout{10'000'000};
  double text_weight = 1;               ///< of a request's text tokens in its complexity
  double image_weight = 2;              ///< of its visual tokens
  double max_complexity = 65536;        ///< of a batch
  std::optional<Nanoseconds> deadline;  ///< of every request; absent: none
  bool operator==(const AsyncSection&) const = default;
};

struct PipelineWorkers {
  std::uint32_t load = 1;
  std::uint32_t transfer = 1;
  std::uint32_t compute = 1;
  std::uint32_t post = 1;
  bool operator==(const PipelineWorkers&) const = default;
};

struct PipelineSection {
  std::string runner = "modelled";  ///< registry name
  std::string checkpoint;           ///< folder; "": seeded random weights of model.geometry
  std::string dtype;                ///< "": the runner's choice
  std::string weights = "full";
  std::uint32_t threads = 1;        ///< inside one stage
  Bytes weights_budget{0};          ///< in memory at a time; 0: all of them
  std::uint64_t kv_tokens = 65536;  ///< room for keys and values of all requests
  bool kv_offload = true;           ///< where there is none, sequences wait in the tiers
  bool continuous_batching = false;
  std::uint32_t max_batch_size = 8;
  std::string batcher = "adaptive";
  bool async_io = true;
  bool tensor_caching = true;
  bool model_caching = true;
  bool prefetching = true;
  bool pinned_memory = true;
  bool async_transfers = true;
  std::uint32_t streams = 2;
  std::uint32_t queue = 4;  ///< batches between two stages
  PipelineWorkers workers;
  std::uint32_t max_new_tokens = 16;     ///< answers are cut there
  Nanoseconds objective{1'000'000'000};  ///< end-to-end latency that counts as goodput
  std::string caching = "all";           ///< "all", "none", or kinds of artefacts with + between them
  bool load_balancing = true;
  std::uint32_t warm_passes = 0;  ///< replays of the whole workload before it is measured
  bool operator==(const PipelineSection&) const = default;
};

void read_multimodal(const SectionReader& section, MultimodalSection& multimodal);
void read_visual(const SectionReader& section, VisualSection& visual);
void read_async(const SectionReader& section, AsyncSection& async);
void read_pipeline(const SectionReader& section, PipelineSection& pipeline);

[[nodiscard]] nlohmann::ordered_json to_json(const MultimodalSection& multimodal);
[[nodiscard]] nlohmann::ordered_json to_json(const VisualSection& visual);
[[nodiscard]] nlohmann::ordered_json to_json(const AsyncSection& async);
[[nodiscard]] nlohmann::ordered_json to_json(const PipelineSection& pipeline);

}  // namespace cachebench::bench
