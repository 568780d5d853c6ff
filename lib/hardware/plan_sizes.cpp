// SPDX-License-Identifier: Apache-2.0
#include "hardware/plan_sizes.h"

#include <fmt/format.h>

#include <algorithm>

#include "hardware/target.h"

namespace cachebench::hardware {
namespace {

constexpr Bytes kContext = kMiB * 256;  // a CUDA context with its libraries
constexpr Bytes kLeastForSystem = kMiB * 256;
constexpr Bytes kMostForSystem = kGiB * 8;
constexpr Bytes kMostOnDisk = kGiB * 256;
constexpr int kOldestCapability = 61;

std::string text(Bytes bytes) {
  return format_bytes(bytes);
}

Bytes minus(Bytes a, Bytes b) {
  return a > b ? a - b : Bytes{};
}

Bytes share(Bytes whole, std::uint64_t numerator, std::uint64_t denominator) {
  return Bytes{whole.value / denominator * numerator};
}

// Whole MiB: what people read, and what arenas are made of.
Bytes rounded(Bytes bytes) {
  return Bytes{bytes.value / kMiB.value * kMiB.value};
}

// A tier above the working set holds nothing more.
struct Bounded {
  Bytes size;
  std::string why;  // "" where the bound does not bind
};

Bounded bounded(const OptimizerInput& input, Bytes size) {
  if (!input.trace || input.trace->distinct >= size) return {rounded(size), ""};
  const Bytes up = Bytes{(input.trace->distinct.value + kMiB.value - 1) / kMiB.value * kMiB.value};
  if (up >= size) return {rounded(size), ""};
  return {up, fmt::format("; the whole working set is {}", text(input.trace->distinct))};
}

std::string too_small_note(const OptimizerInput& input, Bytes tier) {
  const Bytes entry = input.trace ? input.trace->mean : input.model.typical_entry;
  if (tier >= entry || tier.value == 0) return {};
  return fmt::format("; less than {} entry of {}", input.trace ? "a mean" : "a typical", text(entry));
}

class Sizes {
 public:
  Sizes(const OptimizerInput& input, HardwarePlan& plan) : input_(input), plan_(plan) {}

  void run() {
    const Gpu* gpu = chosen_gpu(input_.topology);
    const bool usable = gpu != nullptr && capability_of(*gpu).value_or(0) >= kOldestCapability;
    plan_.first_tier = usable ? FirstTier::kCuda : FirstTier::kEmulated;
    if (usable) place_on_device(*gpu);
    size_host(gpu);
    size_disk();
  }

 private:
  Bytes weights() const { return input_.model.vision_weights + input_.model.text_weights; }

  void place_on_device(const Gpu& gpu) {
    const Bytes memory =
        gpu.memory ? minus(*gpu.memory, kContext + share(*gpu.memory, 1, 64)) : input_.profile.device_memory;
    plan_.add("device.usable", memory.value, "bytes",
              gpu.memory
                  ? fmt::format("the card's {} less {} for context and libraries and a 64th for fragments",
                                text(*gpu.memory), text(kContext))
                  : fmt::format("the card's memory is not known here: the usable memory of the profile {}",
                                input_.profile.name));
    const Bytes least_cache = share(memory, 1, 8);
    const auto fits = [&](Bytes resident) {
      return resident + input_.model.activations + least_cache <= memory;
    };
    const char* what = "nothing of the model";
    if (fits(weights())) {
      on_device_ = weights();
      what = "all weights";
    } else if (fits(input_.model.vision_weights)) {
      on_device_ = input_.model.vision_weights;
      what = "the vision tower's weights";
    }
    plan_.add("device.weights", on_device_.value, "bytes",
              fmt::format(
                  "{}: all are {}, the vision tower alone {}; activations of {} and an eighth for the cache "
                  "have to fit beside them in {}",
                  what, text(weights()), text(input_.model.vision_weights), text(input_.model.activations),
                  text(memory)));
    const Bytes activations = on_device_.value > 0 ? input_.model.activations : Bytes{};
    plan_.add("device.activations", activations.value, "bytes",
              activations.value > 0 ? "of the vision tower at work on one image"
                                    : "nothing is computed on the card");
    const Bounded l1 = bounded(input_, minus(memory, on_device_ + activations));
    plan_.l1 = l1.size;
    plan_.add("l1.capacity", plan_.l1.value, "bytes",
              fmt::format("{} − {} weights − {} activations, in whole MiB{}{}", text(memory),
                          text(on_device_), text(activations), l1.why, too_small_note(input_, plan_.l1)));
  }

  // Memory that this process may take at most, and why.
  Bytes host_total(std::string& why) const {
    const auto& group = input_.topology.limits.cgroup_memory;
    Bytes total = input_.topology.memory.value_or(input_.profile.host_memory);
    why = input_.topology.memory ? fmt::format("memory of {}", text(total))
                                 : fmt::format("memory is not known, the profile has {}", text(total));
    if (group && !group->is_unlimited && group->bytes < total) {
      total = group->bytes;
      why = fmt::format("the control group's {}", text(total));
    }
    const auto& space = input_.topology.limits.address_space;
    if (space && !space->is_unlimited && space->bytes < total) {
      total = space->bytes;
      why = fmt::format("the address space of {}", text(total));
    }
    return total;
  }

  Bytes plan_system(Bytes total, const std::string& why) {
    const Bytes wanted = std::clamp(share(total, 1, 8), kLeastForSystem, kMostForSystem);
    const Bytes system = std::min(wanted, share(total, 1, 2));
    plan_.add("host.system", system.value, "bytes",
              fmt::format("an eighth of {}, 256 MiB to 8 GiB and half at most, for everything else", why));
    return system;
  }

  // Weights that are not on the device, as far as the host can hold them.
  Bytes plan_host_weights(Bytes room) {
    const Bytes wanted = weights() - on_device_;
    const Bytes work = on_device_.value == 0 ? input_.model.activations : Bytes{};
    const bool fits = wanted + work <= share(room, 3, 4);
    const Bytes taken = fits ? wanted + work : Bytes{};
    plan_.add(
        "host.weights", taken.value, "bytes",
        fits
            ? fmt::format("{} weights that are not on a card, {} activations", text(wanted), text(work))
            : fmt::format("{} of weights and activations do not fit {}: the model does not run here beside a "
                          "cache; tiers are sized without it (simulation and the tiny model work)",
                          text(wanted + work), text(room)));
    return taken;
  }

  void size_host(const Gpu* gpu) {
    std::string why;
    const Bytes total = host_total(why);
    Bytes rest = minus(total, plan_system(total, why));
    rest = minus(rest, plan_host_weights(rest));
    const Bytes staging = std::min(plan_.staging, share(rest, 1, 4));
    rest = minus(rest, staging);
    std::string available;
    if (const auto& free = input_.topology.limits.memory_available; free && share(*free, 3, 4) < rest) {
      rest = share(*free, 3, 4);
      available = fmt::format(", but three quarters of the {} available now", text(*free));
    }
    if (plan_.first_tier == FirstTier::kEmulated) rest = take_emulated(gpu, rest);
    const Bytes most = std::min(share(rest, 3, 4), share(total, 1, 2));
    const Bounded l2 = bounded(input_, most);
    plan_.l2 = std::max(l2.size, kMiB);
    left_ = minus(rest, plan_.l2);
    plan_.add(
        "l2.capacity", plan_.l2.value, "bytes",
        fmt::format("three quarters of the {} that are left ({} less system, weights and staging{}), half of "
                    "the memory at most{}{}",
                    text(rest), why, available, l2.why, too_small_note(input_, plan_.l2)));
    plan_pinning();
  }

  // Without a card the first tier takes host memory.
  Bytes take_emulated(const Gpu* gpu, Bytes rest) {
    const Bytes wanted = std::min(input_.profile.device_memory, share(rest, 1, 4));
    const Bounded l1 = bounded(input_, wanted);
    plan_.l1 = std::max(l1.size, kMiB);
    plan_.add(
        "l1.capacity", plan_.l1.value, "bytes",
        fmt::format(
            "{}: emulated, a quarter of the {} that are left, at most what the profile's card has ({}){}{}",
            gpu == nullptr ? "no NVIDIA card" : "a card that no driver or no code here serves", text(rest),
            text(input_.profile.device_memory), l1.why, too_small_note(input_, plan_.l1)));
    return minus(rest, plan_.l1);
  }

  void plan_pinning() {
    const auto& locked = input_.topology.limits.locked_memory;
    const bool by_cuda = plan_.first_tier == FirstTier::kCuda;
    plan_.pin_memory = by_cuda || !locked || locked->is_unlimited || locked->bytes >= plan_.l2;
    const double gain = input_.profile.h2d.bytes_per_second / input_.profile.pageable_bytes_per_second;
    std::string why = by_cuda ? "CUDA page-locks by itself" : "the limit of locked memory allows it";
    if (!plan_.pin_memory) {
      why =
          fmt::format("only {} of {} may be locked: copies from memory that can be paged; raise `ulimit -l`",
                      text(locked->bytes), text(plan_.l2));
    }
    plan_.add("l2.pin_memory", plan_.pin_memory ? "yes" : "no",
              fmt::format("{} (locked memory copies {:.1f} times as fast on the profile's link)", why, gain));
  }

  void size_disk() {
    const auto& directory = input_.topology.limits.cache_directory;
    Bytes size;
    std::string why;
    if (directory && directory->free) {
      const bool in_memory = directory->in_memory();
      size = share(*directory->free, 1, 2);
      why = fmt::format("half of the {} free in {}", text(*directory->free), directory->path);
      if (in_memory) {
        size = std::min(size, share(left_, 1, 2));
        why = fmt::format("{} is in memory: half of what L2 leaves, {}", directory->path, text(left_));
      }
    } else if (const BlockDevice* drive = best_drive()) {
      size = share(drive->size.value_or(Bytes{}), 1, 10);
      why = fmt::format("a tenth of {} ({}), as its free space is not known", drive->name,
                        text(drive->size.value_or(Bytes{})));
    } else {
      why = "no drive is seen and no folder is known";
    }
    if (size > kMostOnDisk) {
      size = kMostOnDisk;
      why += ", 256 GiB at most";
    }
    const Bounded l3 = bounded(input_, size);
    plan_.l3 = l3.size;
    plan_.add("l3.capacity", plan_.l3.value, "bytes",
              why + l3.why + (plan_.l3.value == 0 ? ": no third tier" : ""));
    if (plan_.l3.value > 0) say_worth();
  }

  static int rank(const BlockDevice& drive) {
    switch (drive.kind) {
      case BlockKind::kNvme:
        return 3;
      case BlockKind::kSsd:
        return 2;
      case BlockKind::kHdd:
        return 0;
      default:
        return 1;
    }
  }

  const BlockDevice* best_drive() const {
    const BlockDevice* best = nullptr;
    for (const BlockDevice& drive : input_.topology.block_devices) {
      if (!drive.size) continue;
      const bool is_better = best == nullptr || rank(drive) > rank(*best) ||
                             (rank(drive) == rank(*best) && *drive.size > *best->size);
      if (is_better) best = &drive;
    }
    return best;
  }

  // Whether reading an entry is faster than computing it again.
  void say_worth() {
    const Profile& profile = input_.profile;
    const auto bytes = static_cast<double>(input_.model.typical_entry.value);
    const double read = static_cast<double>(profile.ssd_read.latency.count()) +
                        bytes / profile.ssd_read.bytes_per_second * 1e9 +
                        static_cast<double>(profile.h2d.latency.count()) +
                        bytes / profile.h2d.bytes_per_second * 1e9;
    const double compute = static_cast<double>(input_.model.typical_flops) / profile.flops_per_second * 1e9;
    const auto whole = [](double value) {
      return Nanoseconds{static_cast<std::int64_t>(std::min(value, 1e18))};
    };
    plan_.add(
        "l3.read", static_cast<std::uint64_t>(whole(read).count()), "ns",
        fmt::format(
            "a typical entry of {} takes {} from the drive to the device, and {} to compute again ({})",
            text(input_.model.typical_entry), format_duration(whole(read)), format_duration(whole(compute)),
            read < compute ? "the tier is worth it" : "computing again is faster: keep costly entries only"));
  }

  const OptimizerInput& input_;
  HardwarePlan& plan_;
  Bytes on_device_;
  Bytes left_;  // of the host's memory, when the tiers have theirs
};

}  // namespace

void plan_sizes(const OptimizerInput& input, HardwarePlan& plan) {
  Sizes(input, plan).run();
}

}  // namespace cachebench::hardware
