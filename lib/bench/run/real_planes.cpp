// SPDX-License-Identifier: Apache-2.0
#include "bench/run/real_planes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "cache/compression/encoded_tensor.h"
#include "cache/multimodal/memory_pressure.h"
#include "core/disk_space.h"
#include "core/error.h"
#include "hardware/cache_folder.h"
#include "tier/device/cuda/cuda_device.h"
#include "tier/device/cuda/gds_upload.h"
#include "tier/device/device_plane.h"
#include "tier/device/emulated_device.h"
#include "tier/host/host_plane.h"
#include "tier/null/null_plane.h"
#include "tier/ssd/ssd_plane.h"

namespace cachebench::bench {
namespace {

namespace fs = std::filesystem;

// What the rest of the process and of the machine keeps.
constexpr Bytes kMemoryReserve{256 * kMiB.value};
constexpr Bytes kDiskReserve{64 * kMiB.value};

void require_memory(Bytes wanted) {
  const std::optional<Bytes> room = cache::SystemMemoryProbe().read().available;
  // Unknown: the allocation itself will tell.
  if (!room || wanted + kMemoryReserve <= *room) return;
  throw Error(ErrorKind::kEnvironment,
              fmt::format("the tiers need {} of memory and {} are free: make cache.tiers[].capacity smaller",
                          format_bytes(wanted), format_bytes(*room)));
}

// The nearest folder that is there already: where a new one will be made.
fs::path existing_part(fs::path path) {
  std::error_code ignored;
  while (!path.empty() && !fs::exists(path, ignored) && path != path.parent_path()) path = path.parent_path();
  return path.empty() ? fs::path(".") : path;
}

void require_disk(const std::string& folder, Bytes wanted) {
  const std::optional<Bytes> room = free_disk_space(existing_part(fs::absolute(folder)).string());
  if (!room || wanted + kDiskReserve <= *room) return;
  throw Error(
      ErrorKind::kEnvironment,
      fmt::format("{}: the SSD tier needs {} and {} to spare, and {} are free: make its capacity smaller or "
                  "take another --cache-dir",
                  folder, format_bytes(wanted), format_bytes(kDiskReserve), format_bytes(*room)));
}

// Its own for every process.
std::string fresh_folder() {
  return (fs::path(hardware::cache_folder()) / fmt::format("run-{}", ::getpid())).string();
}

std::unique_ptr<tier::Plane> make_ssd(const RunConfig& config, const TierSection& tier, Bytes capacity) {
  const bool named = !config.cache.directory.empty();
  const std::string folder = named ? config.cache.directory : fresh_folder();
  require_disk(folder, capacity);
  std::error_code failed;
  fs::create_directories(fs::path(folder).parent_path(), failed);
  if (failed && !fs::path(folder).parent_path().empty()) {
    throw Error(ErrorKind::kEnvironment, fmt::format("{}: {}", folder, failed.message()));
  }
  tier::SsdOptions options;
  options.directory = folder;
  options.capacity = capacity;
  options.codec = tier.codec();
  options.cold = config.cache.cold || !named;
  options.keep = named;
  options.queue_depth = config.cache.transfer.ssd_depth;
  options.block = config.cache.transfer.ssd_block;
  return tier::make_ssd_plane(std::move(options));
}

tier::DevicePlaneOptions device_options(const TransferSection& transfer, Bytes capacity) {
  return {.capacity = capacity,
          .chunk = transfer.chunk,
          .gathered = transfer.small,
          .batch = transfer.batch,
          .streams = transfer.streams,
          .alignment = transfer.alignment};
}

std::unique_ptr<tier::Plane> make_emulated(const RunConfig& config, Bytes capacity,
                                           const hardware::Profile& profile) {
  tier::EmulatedDeviceOptions options;
  options.decoder = cache::decode;
  options.h2d = profile.h2d;
  options.d2h = profile.d2h;
  options.throttle = config.throttle ? tier::Throttle::kOn : tier::Throttle::kOff;
  tier::DevicePlaneOptions plane = device_options(config.cache.transfer, capacity);
  if (config.cache.transfer.gpu_direct)
    plane.notes.emplace_back(
        "cache.transfer.gpu_direct: it needs device cuda; records come through host memory");
  return tier::make_device_plane(plane, tier::make_emulated_device(options));
}

// Told in the terms of the config; memory that other programs hold shows only when it is asked for.
std::unique_ptr<tier::Plane> make_cuda(const TransferSection& transfer, const TierSection& tier,
                                       Bytes capacity, const std::shared_ptr<tier::DeviceApi>& gpu) {
  const tier::DeviceProperties facts = gpu->properties();
  tier::DevicePlaneOptions plane = device_options(transfer, capacity);
  if (transfer.gpu_direct) {
    try {
      plane.files = tier::make_gds_upload(gpu);
      plane.notes.emplace_back(
          "cache.transfer.gpu_direct: records go from the drive to the GPU past host memory, their checksums "
          "not looked at");
    } catch (const Error& error) {
      plane.notes.push_back(fmt::format("cache.transfer.gpu_direct: {}", error.what()));
    }
  }
  try {
    if (capacity <= facts.total_memory) return tier::make_device_plane(plane, gpu);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kEnvironment) throw;
  }
  throw Error(ErrorKind::kEnvironment,
              fmt::format("tier {}: {} do not fit on {} with {}{}: make its capacity smaller", tier.name,
                          format_bytes(capacity), facts.name, format_bytes(facts.total_memory),
                          capacity <= facts.total_memory ? ", of which too much is in use" : ""));
}

// `gpu` is there when a tier asks for one.
std::unique_ptr<tier::Plane> make_plane(const RunConfig& config, std::size_t position, Bytes capacity,
                                        const hardware::Profile& profile,
                                        const std::shared_ptr<tier::DeviceApi>& gpu) {
  const TierSection& tier = config.cache.tiers[position];
  switch (tier.device) {
    case Device::kEmulated:
      return make_emulated(config, capacity, profile);
    case Device::kHost: {
      const tier::PageLock lock = tier.pin_memory ? tier::PageLock::kTry : tier::PageLock::kOff;
      const bool pins = gpu != nullptr && tier.pin_memory;
      return tier::make_host_plane(
          {.capacity = capacity, .lock = lock, .pinned = pins ? gpu->pinned_memory() : nullptr});
    }
    case Device::kSsd:
      return make_ssd(config, tier, capacity);
    case Device::kCuda:
      return make_cuda(config.cache.transfer, tier, capacity, gpu);
    case Device::kNull:
      throw Error(
          ErrorKind::kUsage,
          fmt::format("tier {}: device \"null\" holds no bytes; a real run needs cuda, emulated, host or ssd",
                      tier.name));
  }
  throw Error(ErrorKind::kInternal, "unknown device");
}

bool wants_gpu(const RunConfig& config) {
  return std::any_of(config.cache.tiers.begin(), config.cache.tiers.end(),
                     [](const TierSection& tier) { return tier.device == Device::kCuda; });
}

}  // namespace

std::vector<std::unique_ptr<tier::Plane>> make_planes(const RunConfig& config,
                                                      const std::vector<Bytes>& capacities,
                                                      const hardware::Profile& profile) {
  Bytes memory;
  for (std::size_t i = 0; i < capacities.size(); ++i) {
    const Device device = config.cache.tiers[i].device;
    if (device != Device::kSsd && device != Device::kCuda) memory += capacities[i];
  }
  require_memory(memory);
  const std::shared_ptr<tier::DeviceApi> gpu = wants_gpu(config) ? tier::make_cuda_device() : nullptr;
  std::vector<std::unique_ptr<tier::Plane>> planes;
  for (std::size_t i = 0; i < capacities.size(); ++i) {
    planes.push_back(make_plane(config, i, capacities[i], profile, gpu));
  }
  return planes;
}

}  // namespace cachebench::bench
