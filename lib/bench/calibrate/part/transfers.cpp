// SPDX-License-Identifier: Apache-2.0
// Copies between host memory and the device plane's memory, page-locked and not, each way and both at once,
// and what a copy takes by its size. Without a card the device is emulated in host memory, with its throttle
// off: then the figures are what this machine can stand in for, not a link's.
#include <array>

#include "bench/calibrate/device_copies.h"
#include "bench/calibrate/memory.h"
#include "bench/calibrate/part.h"
#include "bench/calibrate/sizes.h"
#include "core/registry.h"
#include "tier/device/cuda/cuda_device.h"

namespace cachebench::bench {
namespace {

constexpr std::uint64_t kLargeMiB = 16;

struct Link {
  CopyWay way;
  const char* name;
  const char* rate_key;
  const char* latency_key;
};
constexpr std::array<Link, 2> kLinks{{
    {CopyWay::kUp, "h2d", "h2d_bytes_per_second", "h2d_latency_ns"},
    {CopyWay::kDown, "d2h", "d2h_bytes_per_second", "d2h_latency_ns"},
}};

std::string how(const DeviceCopies& copies, const std::string& text) {
  return copies.basis() == CalibrationBasis::kEmulated ? "emulated in host memory, " + text : text;
}

// Rows that are not asked for are left out, and so is the figure that needs all of them.
void measure_sizes(Session& session, DeviceCopies& copies, const Link& link,
                   const std::optional<Spread>& bytes_per_second) {
  std::vector<SizedSpread> measured;
  const std::vector<std::uint64_t> sizes = session.options().quick
                                               ? std::vector<std::uint64_t>{16}
                                               : std::vector<std::uint64_t>{4, 16, 32, 64, 128};
  for (const std::uint64_t kib : sizes) {
    const Bytes size{kib * kKiB.value};
    const auto spread =
        session.measure({.name = fmt::format("{}_{}_latency", link.name, size_name(size)),
                         .unit = "ns",
                         .basis = copies.basis(),
                         .weight = 0.4},
                        [&] { return static_cast<double>(copies.once(link.way, size).count()); });
    if (spread) measured.push_back({size, *spread});
  }
  if (!bytes_per_second || measured.size() < sizes.size()) return;
  if (const auto middle = middle_beyond(measured, bytes_per_second->median)) {
    session.set_figure(
        link.latency_key, middle->nanoseconds, middle->spread,
        how(copies, "a copy beyond its bytes at the rate, from its submission to its completion"));
  }
}

void measure_pinned(Session& session, DeviceCopies& copies) {
  const Bytes large{kLargeMiB * kMiB.value};
  for (const Link& link : kLinks) {
    const auto spread = session.measure(
        {.name = fmt::format("{}_pinned_16MiB", link.name), .unit = "bytes/s", .basis = copies.basis()},
        [&] { return rate(large, copies.once(link.way, large)); });
    if (spread)
      session.set_figure(link.rate_key, spread->median, *spread,
                         how(copies, "page-locked, copies of 16 MiB"));
    measure_sizes(session, copies, link, spread);
  }
  (void)session.measure({.name = "both_ways_pinned_16MiB", .unit = "bytes/s", .basis = copies.basis()},
                        [&] { return rate(large + large, copies.both_ways(large)); });
}

// A submission that one kernel carries out: many of them in a row take a launch each.
void measure_launches(Session& session) {
  const std::shared_ptr<tier::DeviceApi> device =
      tier::make_cuda_device({.batched = tier::BatchedCopies::kKernel});
  DeviceCopies copies(session.clock(), device, HostMemoryKind::kPinned, kMiB);
  std::string why_none = tier::why_no_kernel_moves(*device);
  if (why_none.empty()) why_none = copies.why_not_pinned();
  if (!why_none.empty()) {
    session.leave_out("kernel_launch", why_none);
    return;
  }
  (void)session.measure({.name = "kernel_launch", .unit = "ns"},
                        [&] { return static_cast<double>(copies.queued_pair().count()); });
}

void measure_pageable(Session& session, const std::shared_ptr<tier::DeviceApi>& device) {
  const Bytes large{kLargeMiB * kMiB.value};
  DeviceCopies pageable(session.clock(), device, HostMemoryKind::kPageable, large);
  const auto spread =
      session.measure({.name = "h2d_pageable_16MiB", .unit = "bytes/s", .basis = pageable.basis()},
                      [&] { return rate(large, pageable.once(CopyWay::kUp, large)); });
  if (spread)
    session.set_figure("pageable_bytes_per_second", spread->median, *spread, how(pageable, "16 MiB up"));
  (void)session.measure({.name = "d2h_pageable_16MiB", .unit = "bytes/s", .basis = pageable.basis()},
                        [&] { return rate(large, pageable.once(CopyWay::kDown, large)); });
}

void run(Session& session) {
  std::string why_emulated;
  const std::shared_ptr<tier::DeviceApi> device = calibrated_device(why_emulated);
  if (!why_emulated.empty()) {
    session.leave_out("kernel launches and the link of a card",
                      fmt::format("the device is emulated, which runs no kernels ({})", why_emulated));
  }
  {
    DeviceCopies pinned(session.clock(), device, HostMemoryKind::kPinned, Bytes{kLargeMiB * kMiB.value});
    if (!pinned.why_not_pinned().empty()) session.leave_out("page-locked transfers", pinned.why_not_pinned());
    measure_pinned(session, pinned);
  }
  measure_pageable(session, device);
  if (why_emulated.empty()) {
    measure_launches(session);
    session.set_known(
        "device_memory_bytes", static_cast<double>(device->properties().total_memory.value),
        fmt::format("read from {} on {} by calibrate", device->properties().name, session.date()));
  }
}

CACHEBENCH_REGISTER(CalibrationPart, {.name = "transfers",
                                      .order = 20,
                                      .doc = "Copies between host memory and the device",
                                      .run = run});

}  // namespace
}  // namespace cachebench::bench
