// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

/// Profiler ranges in the NVTX domain "cachebench", through one RAII wrapper on the C API. Names come from a
/// fixed set and are registered once; what varies (bytes, tier, kind) travels in the payload. Without NVTX
/// headers, or at level off, a range costs one predictable branch.
namespace cachebench {

enum class TraceLevel : std::uint8_t { kOff, kCoarse, kFine };

/// Subsystem of a range: its NVTX category.
enum class TraceCategory : std::uint8_t { kRequest = 1, kCache, kTier, kCodec, kModel, kSimulation };

/// One entry of the fixed set; define them as constants, `subsystem.verb`.
struct TraceName {
  const char* text;
  TraceCategory category;
  TraceLevel level;
};

namespace trace_names {
inline constexpr TraceName kMeasure{"measure", TraceCategory::kRequest, TraceLevel::kCoarse};
inline constexpr TraceName kRequest{"request", TraceCategory::kRequest, TraceLevel::kCoarse};
inline constexpr TraceName kLookup{"cache.lookup", TraceCategory::kCache, TraceLevel::kCoarse};
inline constexpr TraceName kPut{"cache.put", TraceCategory::kCache, TraceLevel::kCoarse};
inline constexpr TraceName kPromote{"tier.promote", TraceCategory::kTier, TraceLevel::kCoarse};
inline constexpr TraceName kDemote{"tier.demote", TraceCategory::kTier, TraceLevel::kCoarse};
inline constexpr TraceName kEvict{"tier.evict", TraceCategory::kTier, TraceLevel::kCoarse};
inline constexpr TraceName kCopy{"tier.copy", TraceCategory::kTier, TraceLevel::kFine};
inline constexpr TraceName kSsdRead{"ssd.read", TraceCategory::kTier, TraceLevel::kCoarse};
inline constexpr TraceName kSsdWrite{"ssd.write", TraceCategory::kTier, TraceLevel::kCoarse};
inline constexpr TraceName kSimulate{"sim.batch", TraceCategory::kSimulation, TraceLevel::kCoarse};
}  // namespace trace_names

/// Sets what is emitted from now on, for the process. Call before threads start.
void set_trace_level(TraceLevel level);
[[nodiscard]] TraceLevel trace_level();

/// Names the calling thread for debuggers and profilers.
void name_this_thread(const std::string& name);

/// Push/pop range on this thread while alive. `payload` is a scalar for the tool, usually bytes.
class TraceRange {
 public:
  explicit TraceRange(const TraceName& name, std::uint64_t payload = 0) {
    if (trace_level() >= name.level) [[unlikely]]
      open(name, payload);
  }
  ~TraceRange() {
    if (open_) [[unlikely]]
      close();
  }
  TraceRange(const TraceRange&) = delete;
  TraceRange& operator=(const TraceRange&) = delete;

 private:
  void open(const TraceName& name, std::uint64_t payload);
  void close();
  bool open_ = false;
};

/// One finished range, for the built-in recorder behind `run --timeline`.
struct RecordedRange {
  const char* name;
  std::uint64_t thread;   ///< small number per thread, from 1
  std::int64_t start_ns;  ///< monotonic clock
  std::int64_t end_ns;
  std::uint64_t payload;
};

}  // namespace cachebench
