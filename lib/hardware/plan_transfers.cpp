// SPDX-License-Identifier: Apache-2.0
#include "hardware/plan_transfers.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "hardware/target.h"

namespace cachebench::hardware {
namespace {

constexpr std::uint64_t kSmallTensor = 64 * 1024;
// What an encoded record is expected to take: compression.md has measured ratios.
constexpr double kStoredRatio = 0.7;

double seconds(Nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1e9;
}

std::string rate_text(double bytes_per_second) {
  return fmt::format("{:.2f} GB/s", bytes_per_second / 1e9);
}

// Bytes that pass a channel while one operation's latency lasts.
double bytes_in_latency(const Channel& channel) {
  return seconds(channel.latency) * channel.bytes_per_second;
}

// The power of two at or above `bytes`, within bounds.
Bytes power_of_two(double bytes, Bytes least, Bytes most) {
  const double capped = std::clamp(bytes, 1.0, static_cast<double>(most.value));
  const std::uint64_t power = std::bit_ceil(static_cast<std::uint64_t>(std::ceil(capped)));
  return Bytes{std::clamp(power, least.value, most.value)};
}

// A profile is often of another machine: the link that is really there bounds it.
Channel plan_rate(const OptimizerInput& input, HardwarePlan& plan) {
  constexpr double kReached = 0.87;  // of a link, by large copies from locked memory: the best share reported
  Channel channel = input.profile.h2d;
  std::string reason = fmt::format("host to device by the profile {}", input.profile.name);
  const Gpu* gpu = chosen_gpu(input.topology);
  if (gpu != nullptr && gpu->link.generation && gpu->link.lanes) {
    const double link = lane_gigabytes_per_second(*gpu->link.generation) * *gpu->link.lanes * 1e9;
    const std::string name =
        fmt::format("PCIe {}.0 x{} of {}", *gpu->link.generation, *gpu->link.lanes, rate_text(link));
    if (link * kReached < channel.bytes_per_second) {
      channel.bytes_per_second = link * kReached;
      reason = fmt::format("87% of {}, which is less than the profile's {}", name,
                           rate_text(input.profile.h2d.bytes_per_second));
    } else {
      reason += fmt::format("; {} allows it", name);
    }
  }
  plan.copy_bytes_per_second = channel.bytes_per_second;
  plan.add("copy.rate", static_cast<std::uint64_t>(channel.bytes_per_second), "bytes/s", reason);
  return channel;
}

void plan_copies(const OptimizerInput& input, HardwarePlan& plan) {
  const Channel link = plan_rate(input, plan);
  const double in_latency = bytes_in_latency(link);
  plan.copy_chunk = power_of_two(in_latency * 10, kKiB * 256, kMiB * 8);
  plan.add(
      "copy.chunk", plan.copy_chunk.value, "bytes",
      fmt::format(
          "a copy costs {} before its first byte, {} at {}: ten times that keeps the share of it below a "
          "tenth; power of two, 256 KiB to 8 MiB",
          format_duration(link.latency), format_bytes(Bytes{static_cast<std::uint64_t>(in_latency)}),
          rate_text(link.bytes_per_second)));
  plan.small_copy = power_of_two(in_latency, kKiB * 4, plan.copy_chunk);
  plan.add("copy.small", plan.small_copy.value, "bytes",
           fmt::format("below {} a copy spends more time starting than copying: smaller ones travel together",
                       format_bytes(plan.small_copy)));
  plan.copy_batch =
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(plan.copy_chunk.value / kSmallTensor, 2, 64));
  plan.add("copy.batch", plan.copy_batch, "copies",
           fmt::format("{} of 64 KiB fill one chunk of {}", plan.copy_batch, format_bytes(plan.copy_chunk)));
}

void plan_streams(const OptimizerInput& input, HardwarePlan& plan) {
  const Gpu* gpu = chosen_gpu(input.topology);
  if (gpu == nullptr) {
    plan.streams = 2;
    plan.add("copy.streams", plan.streams, "streams", "no card: the emulated link has an engine each way");
    return;
  }
  const int engines = gpu->copy_engines.value_or(2);
  plan.streams = engines >= 2 ? 3 : 2;
  const std::string known = gpu->copy_engines ? fmt::format("the card has {} copy engine(s)", engines)
                                              : "the card's copy engines are not known, two assumed";
  plan.add("copy.streams", plan.streams, "streams",
           known + (engines >= 2 ? ": one stream up, one down, one that computes"
                                 : ": up and down take turns on it, a stream each"));
}

void plan_drive(const OptimizerInput& input, HardwarePlan& plan) {
  const Channel& read = input.profile.ssd_read;
  const double in_latency = bytes_in_latency(read);
  plan.ssd_block = Bytes{std::clamp(plan.copy_chunk.value, (kKiB * 128).value, kMiB.value)};
  plan.add(
      "ssd.block", plan.ssd_block.value, "bytes",
      fmt::format("one chunk of a copy ({}), so that reading and copying up overlap, but 128 KiB to 1 MiB: "
                  "larger ones the kernel splits",
                  format_bytes(plan.copy_chunk)));
  const double needed = 2 * in_latency / static_cast<double>(plan.ssd_block.value);
  plan.ssd_depth = static_cast<std::uint32_t>(std::clamp(std::ceil(needed), 4.0, 64.0));
  const bool has_ring = input.topology.limits.io_uring.value_or(true);
  if (!has_ring) plan.ssd_depth = 1;
  plan.add("ssd.depth", plan.ssd_depth, "requests",
           has_ring
               ? fmt::format("a read waits {}, in which the drive delivers {}: twice that in flight, 4 to 64",
                             format_duration(read.latency),
                             format_bytes(Bytes{static_cast<std::uint64_t>(in_latency)}))
               : "the kernel gives no io_uring: one request at a time");
  plan.staging = plan.ssd_block * (2ULL * plan.ssd_depth) + plan.copy_chunk * (2ULL * plan.streams);
  plan.add(
      "host.staging", plan.staging.value, "bytes",
      fmt::format("2 × {} blocks of {} for the drive and 2 × {} chunks of {} for the device", plan.ssd_depth,
                  format_bytes(plan.ssd_block), plan.streams, format_bytes(plan.copy_chunk)));
}

// Lossless records pay where the time saved on the drive exceeds the time to decode.
void plan_records(const OptimizerInput& input, HardwarePlan& plan) {
  const double read = input.profile.ssd_read.bytes_per_second;
  const double decode = input.profile.decode_bytes_per_second;
  const double plain = 1 / read;
  const double encoded = kStoredRatio / read + 1 / decode;
  const bool pays = encoded < plain;
  const bool is_short = input.trace && input.trace->distinct > plan.l3;
  plan.l3_compression = pays || is_short ? "zstd" : "none";
  const std::string times =
      fmt::format("per GB: plain {:.2f} s at {}; at {:.0f}% {:.2f} s with decoding at {}", plain * 1e9,
                  rate_text(read), kStoredRatio * 100, encoded * 1e9, rate_text(decode));
  plan.add("l3.compression", plan.l3_compression,
           pays       ? times + ": encoded records are faster"
           : is_short ? times + ": slower, but the working set of " + format_bytes(input.trace->distinct) +
                            " does not fit the tier"
                      : times + ": plain records are faster");
}

void plan_lossy(const OptimizerInput& input, HardwarePlan& plan) {
  const char* name = "l1.compression";
  if (input.losses == Losses::kForbidden) {
    plan.add(name, "none", "int8 holds twice as much in the tier but changes results: off unless asked for");
  } else if (!input.trace || input.trace->distinct <= plan.l1) {
    plan.add(name, "none", "nothing says that the working set does not fit: no need for fewer bits");
  } else {
    plan.l1_compression = "int8";
    plan.add(
        name, plan.l1_compression,
        fmt::format(
            "the working set of {} is more than {}, and int8 halves 16-bit entries; decoded at {} on the "
            "device",
            format_bytes(input.trace->distinct), format_bytes(plan.l1),
            rate_text(input.profile.device_bytes_per_second)));
  }
  const double copy = 2 / input.profile.h2d.bytes_per_second;
  const double encode = 1 / input.profile.lossy_encode_bytes_per_second;
  plan.add("l2.compression", plan.l2_compression,
           fmt::format(
               "encoding on a core at {} costs {:.2f} s per GB and saves {:.2f} s of copying up: taken over "
               "from L1 where that has it, not made here",
               rate_text(input.profile.lossy_encode_bytes_per_second), encode * 1e9, copy / 4 * 1e9));
}

}  // namespace

void plan_transfers(const OptimizerInput& input, HardwarePlan& plan) {
  plan_copies(input, plan);
  plan_streams(input, plan);
  plan_drive(input, plan);
}

void plan_forms(const OptimizerInput& input, HardwarePlan& plan) {
  plan_lossy(input, plan);
  if (plan.l3.value > 0) plan_records(input, plan);
}

void plan_layout(const OptimizerInput& input, HardwarePlan& plan) {
  const std::uint64_t row = input.model.row.value;
  const std::uint64_t padded =
      (row + plan.row_alignment.value - 1) / plan.row_alignment.value * plan.row_alignment.value;
  plan.add("layout.row_alignment", plan.row_alignment.value, "bytes",
           fmt::format("what device allocations begin at; a row of {} B takes {} B", row, padded));
  int sector = 4096;
  for (const BlockDevice& drive : input.topology.block_devices) {
    sector = std::max(sector, drive.physical_sector_bytes.value_or(drive.sector_bytes.value_or(0)));
  }
  plan.disk_alignment = Bytes{static_cast<std::uint64_t>(sector)};
  plan.add("layout.disk_alignment", plan.disk_alignment.value, "bytes",
           "records begin where a page and a sector of every drive seen begin");
  plan.add("layout.warp", plan.warp, "threads", "all NVIDIA cards; threads that read one row together");
  plan.add("layout.shared_memory", plan.shared_memory.value, "bytes",
           "of a block: all that SM 6.1 gives, and every later card gives it without asking");
  plan.add("layout.block_threads", plan.block_threads, "threads",
           fmt::format("{} warps: 8 blocks fill the 2048 threads of a multiprocessor",
                       plan.block_threads / plan.warp));
  const std::uint64_t row_in_float32 = std::max<std::uint64_t>(1, row * 2);
  plan.rows_per_block = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(plan.shared_memory.value / row_in_float32, 1, 1024));
  plan.add(
      "layout.rows_per_block", plan.rows_per_block, "rows",
      fmt::format("48 KiB hold {} rows of {} B in float32 (at least one: a longer row is taken in parts)",
                  plan.shared_memory.value / row_in_float32, row_in_float32));
}

}  // namespace cachebench::hardware
