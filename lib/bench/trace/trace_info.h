// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/units.h"
#include "model/lowering.h"
#include "trace/reader.h"

/// What a trace holds: counts, sizes, how much repeats and how soon. A fact the trace does not have is
/// absent, never 0. One pass, memory for the distinct objects. Errors: those of reading and lowering.
namespace cachebench::bench {

struct TraceInfoRequest {
  std::string path;
  trace::ReadOptions read;
  std::optional<model::Lowering> lowering;  ///< default: graph for requests, objects for objects
  std::string geometry = "2b";
};

struct Percentiles {
  std::uint64_t p50 = 0;
  std::uint64_t p90 = 0;
  std::uint64_t p99 = 0;
};

/// Gaps between arrivals; percentiles within 0.8%.
struct InterArrival {
  double mean_ns = 0;
  double cv = 0;
  Percentiles ns;
};

/// Distinct objects and bytes of consecutive stretches of this many accesses, whole ones only.
struct WorkingSet {
  std::uint64_t accesses = 0;
  double mean_objects = 0;
  double mean_bytes = 0;
  std::uint64_t max_objects = 0;
  std::uint64_t max_bytes = 0;
};

struct TraceInfo {
  std::string path;
  std::string name;  ///< of the header, else the file's
  std::string format;
  std::string geometry;
  model::Lowering lowering = model::Lowering::kObjects;
  bool lengths_only = false;
  std::uint64_t requests = 0;
  std::uint64_t skipped = 0;
  std::uint64_t accesses = 0;
  std::uint64_t distinct = 0;
  std::uint64_t reused = 0;  ///< objects asked for more than once
  std::optional<std::uint64_t> blocks;
  std::optional<std::uint64_t> distinct_blocks;
  std::optional<std::uint64_t> sessions;
  std::optional<std::uint64_t> images;
  std::optional<std::uint64_t> distinct_images;
  std::optional<std::uint64_t> input_tokens;
  std::optional<std::uint64_t> output_tokens;
  std::uint64_t bytes_requested = 0;
  std::uint64_t bytes_distinct = 0;  ///< each object at its first size
  Nanoseconds duration{0};           ///< first to last arrival
  std::optional<InterArrival> inter_arrival;
  std::optional<Percentiles> reuse_distance;  ///< StackDistance of the accesses that repeat
  std::vector<WorkingSet> working_sets;
};

[[nodiscard]] TraceInfo trace_info(const TraceInfoRequest& request);

/// 1 - distinct / accesses: what an endless cache would hit; absent when there is no access.
[[nodiscard]] std::optional<double> max_hit_ratio(const TraceInfo& info);

[[nodiscard]] nlohmann::ordered_json to_json(const TraceInfo& info);
/// Lines for people.
[[nodiscard]] std::string to_text(const TraceInfo& info);

}  // namespace cachebench::bench
