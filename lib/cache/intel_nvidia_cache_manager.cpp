// SPDX-License-Identifier: Apache-2.0
#include "cache/intel_nvidia_cache_manager.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/nearest.h"
#include "hardware/hardware_optimizer.h"
#include "hardware/nearest_profile.h"
#include "hardware/target.h"
#include "tier/device/cuda/cuda_device.h"

namespace cachebench::cache {
namespace {

constexpr std::array<std::string_view, 4> kTypeNames{"general", "attention", "kv", "image"};
constexpr std::array<ArtefactKind, 4> kTypeKinds{ArtefactKind::kObject, ArtefactKind::kCrossModalAttention,
                                                 ArtefactKind::kKvBlock, ArtefactKind::kVisionEncoderOutput};

std::size_t type_index(std::string_view tensor_type) {
  const auto* const at = std::find(kTypeNames.begin(), kTypeNames.end(), tensor_type);
  if (at == kTypeNames.end()) {
    throw Error(ErrorKind::kUsage,
                unknown_name("tensor type", std::string(tensor_type),
                             std::vector<std::string>(kTypeNames.begin(), kTypeNames.end())));
  }
  return static_cast<std::size_t>(at - kTypeNames.begin());
}

// Threads that the cache starts run where the plan wants its movers.
std::unique_ptr<HierarchicalCache> make_on(const hardware::HardwarePlan& plan, CacheSite site) {
  site.mover_threads = plan.mover_threads;
  if (plan.l3_compression != "none") site.l3_codec = plan.l3_compression;
  const hardware::AffinityScope scope(plan.mover_pins);
  return make_hierarchical_cache(cache_config_of(plan), site);
}

// This machine's card; null where its driver is missing or refuses.
std::shared_ptr<tier::DeviceApi> find_card() {
  try {
    return tier::make_cuda_device();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kEnvironment) throw;
    return nullptr;
  }
}

// Also finds the device that the plan counts on.
hardware::HardwarePlan plan_for(hardware::OptimizerInput input, CacheSite& site) {
  hardware::HardwarePlan plan = hardware::HardwareOptimizer(input).plan();
  const bool needs_card = plan.first_tier == hardware::FirstTier::kCuda && input.topology.is_this_machine;
  if (!needs_card || site.device != nullptr) return plan;
  site.device = find_card();
  if (site.device != nullptr) return plan;
  // What stands in for the card takes host memory, which the plan has to know.
  input.topology = hardware::without_driver(std::move(input.topology));
  return hardware::HardwareOptimizer(std::move(input)).plan();
}

void limit(hardware::HardwarePlan& plan, Bytes most) {
  if (most.value == 0) return;
  for (Bytes* tier : {&plan.l1, &plan.l2, &plan.l3}) *tier = std::min(*tier, most);
}

}  // namespace

ArtefactKind kind_of_tensor_type(std::string_view tensor_type) {
  return kTypeKinds[type_index(tensor_type)];
}

std::span<const std::string_view> tensor_types() {
  return kTypeNames;
}

CacheConfig cache_config_of(const hardware::HardwarePlan& plan) {
  CacheConfig config;
  // The three levels are there in any case: one without room is as small as a tier can be.
  config.l1_cache_size = std::max(plan.l1, kMiB);
  config.l2_cache_size = std::max(plan.l2, kMiB);
  config.l3_cache_size = std::max(plan.l3, kMiB);
  config.l2_pin_memory = plan.pin_memory;
  config.l3_compression = plan.l3_compression != "none";
  return config;
}

IntelNvidiaCacheManager::IntelNvidiaCacheManager(hardware::HardwarePlan plan, CacheSite site)
    : plan_(std::move(plan)), cache_(make_on(plan_, std::move(site))) {}

TensorPool::Lease IntelNvidiaCacheManager::get_tensor(const Shape& shape, DType dtype,
                                                      std::string_view tensor_type) {
  return manager().acquire_tensor(shape, dtype, kind_of_tensor_type(tensor_type));
}

std::optional<TensorHandle> IntelNvidiaCacheManager::get_tensor(std::string_view key,
                                                                std::string_view tensor_type) {
  const std::size_t type = type_index(tensor_type);
  std::optional<TensorHandle> found = manager().get_tensor(key);
  const MutexLock lock(mutex_);
  ++(found ? counts_[type].found : counts_[type].missed);
  return found;
}

bool IntelNvidiaCacheManager::put_tensor(TensorView tensor, std::string_view key,
                                         std::string_view tensor_type) {
  const std::size_t type = type_index(tensor_type);
  const EntryDescription what{.key = hash_key(key),
                              .kind = kTypeKinds[type],
                              .meta = tensor.meta,
                              .bytes = tensor.meta.bytes(),
                              .recompute = Nanoseconds{0}};
  // A put replaces what the name stood for, unless someone is reading it.
  static_cast<void>(manager().erase(what.key));
  if (manager().put(what, &tensor, nullptr).status != PutStatus::kStored) return false;
  const MutexLock lock(mutex_);
  ++counts_[type].stored;
  return true;
}

IntelNvidiaCacheManager::Transfer IntelNvidiaCacheManager::transfer_of(Bytes bytes) const {
  Transfer transfer;
  const std::uint64_t chunk = std::max<std::uint64_t>(1, plan_.copy_chunk.value);
  transfer.chunks = std::max<std::uint64_t>(1, (bytes.value + chunk - 1) / chunk);
  if (bytes < plan_.small_copy) transfer.together = plan_.copy_batch;
  transfer.expected = cache_->costs().fetch(hardware::Medium::kHost, bytes).total();
  return transfer;
}

IntelNvidiaCacheManager::TypeCounts IntelNvidiaCacheManager::counts(std::string_view tensor_type) const {
  const std::size_t type = type_index(tensor_type);
  const MutexLock lock(mutex_);
  return counts_[type];
}

std::unique_ptr<IntelNvidiaCacheManager> create_hardware_optimized_cache_manager(HardwareOptions options) {
  hardware::Topology topology = options.topology ? std::move(*options.topology) : hardware::read_topology();
  const std::string profile =
      options.profile.empty() ? hardware::nearest_profile(topology).name : options.profile;
  options.site.profile = hardware::find_profile(profile);
  hardware::OptimizerInput input{.topology = std::move(topology),
                                 .profile = options.site.profile,
                                 .model = options.model.value_or(hardware::qwen3_vl_2b_figures()),
                                 .trace = options.trace};
  hardware::HardwarePlan plan = plan_for(std::move(input), options.site);
  limit(plan, options.most_per_tier);
  return std::make_unique<IntelNvidiaCacheManager>(std::move(plan), std::move(options.site));
}

}  // namespace cachebench::cache
