// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cache/make_cache.h"
#include "core/sync.h"
#include "hardware/affinity.h"
#include "hardware/hardware_plan.h"

/// The hierarchical cache sized for the machine it runs on, by the names of the source documents: tier sizes,
/// page locking and the threads of the movers come from a HardwarePlan, and tensors are told apart by type
/// ("general", "attention", "kv", "image"). Its first level lies on the site's device, and is emulated where
/// the site names none. Owns its cache; handles and leases must not outlive it.
/// Thread-safe. Errors are those of make_hierarchical_cache; an unknown type is Error{kUsage}.
namespace cachebench::cache {

/// "general", "attention", "kv" or "image" as the kind of an artefact. Throws Error{kUsage} for others.
[[nodiscard]] ArtefactKind kind_of_tensor_type(std::string_view tensor_type);
[[nodiscard]] std::span<const std::string_view> tensor_types();

/// A plan as the thirteen fields; what the plan does not speak of keeps the document's value.
[[nodiscard]] CacheConfig cache_config_of(const hardware::HardwarePlan& plan);

class IntelNvidiaCacheManager {
 public:
  /// `site.mover_threads` is the plan's. The movers run where the plan pins them, as far as the system lets
  /// them.
  IntelNvidiaCacheManager(hardware::HardwarePlan plan, CacheSite site);
  IntelNvidiaCacheManager(const IntelNvidiaCacheManager&) = delete;
  IntelNvidiaCacheManager& operator=(const IntelNvidiaCacheManager&) = delete;

  /// A buffer for a tensor of that type: one that was used before, or a new one.
  [[nodiscard]] TensorPool::Lease get_tensor(const Shape& shape, DType dtype,
                                             std::string_view tensor_type = "general");
  /// The tensor stored under `key` and the level that served it; nothing on a miss.
  [[nodiscard]] std::optional<TensorHandle> get_tensor(std::string_view key, std::string_view tensor_type);
  /// Replaces what the key stood for. False when no tier takes it, or while somebody reads what is there.
  bool put_tensor(TensorView tensor, std::string_view key, std::string_view tensor_type = "general");

  /// Holds the calling thread to the processors the plan gives to computation. Nothing happens where the
  /// plan has no pins or the system refuses.
  [[nodiscard]] hardware::AffinityScope compute_scope() const {
    return hardware::AffinityScope(plan_.compute_pins);
  }

  [[nodiscard]] const hardware::HardwarePlan& plan() const { return plan_; }
  [[nodiscard]] HierarchicalCacheManager& manager() { return cache_->manager(); }
  [[nodiscard]] HierarchicalCache& cache() { return *cache_; }
  /// Bytes to copy between host and device at once, so that a copy's start costs less than a tenth of it.
  [[nodiscard]] Bytes transfer_chunk() const { return plan_.copy_chunk; }
  /// How a tensor of `bytes` travels: in how many chunks, and together with how many others when it is small.
  struct Transfer {
    std::uint64_t chunks = 1;
    std::uint32_t together = 1;
    Nanoseconds expected{0};  ///< by the site's profile, host to device
  };
  [[nodiscard]] Transfer transfer_of(Bytes bytes) const;
  /// Accesses by type since the start.
  struct TypeCounts {
    std::uint64_t stored = 0;
    std::uint64_t found = 0;
    std::uint64_t missed = 0;
  };
  [[nodiscard]] TypeCounts counts(std::string_view tensor_type) const CACHEBENCH_EXCLUDES(mutex_);

 private:
  static constexpr std::size_t kTypes = 4;
  const hardware::HardwarePlan plan_;
  std::unique_ptr<HierarchicalCache> cache_;
  mutable Mutex mutex_;
  std::array<TypeCounts, kTypes> counts_ CACHEBENCH_GUARDED_BY(mutex_);
};

/// The cache for this machine, or for one that is described: topology read, the nearest profile found,
/// planned for Qwen3-VL-2B, made. On this machine's card where the plan counts on one and its driver gives
/// it; where the driver does not, planned as without a card. A machine that is only described has its card
/// emulated. Throws what reading a topology and a profile throw, and what making a cache does.
struct HardwareOptions {
  std::optional<hardware::Topology> topology{};   ///< absent: this machine
  std::string profile{};                          ///< "": the nearest
  std::optional<hardware::ModelFigures> model{};  ///< absent: Qwen3-VL-2B
  std::optional<hardware::TraceSummary> trace{};
  Bytes most_per_tier{};  ///< 0: as the plan has it; tests and small machines want less
  CacheSite site{};       ///< its profile, mover_threads and, where there is a card, device are filled in
};
[[nodiscard]] std::unique_ptr<IntelNvidiaCacheManager> create_hardware_optimized_cache_manager(
    HardwareOptions options = {});

}  // namespace cachebench::cache
