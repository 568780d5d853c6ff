// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/units.h"

/// A machine in figures: rates and latencies that turn bytes and FLOPs into time. Data only; read from
/// configs/profiles/*.json, where each figure carries its source. Values, freely copied; a bad file or name
/// is Error{kUsage}. The keys of the file and their units: docs/hardware.md.
namespace cachebench::hardware {

/// A direction of a link or of a drive.
struct Channel {
  double bytes_per_second = 0;
  Nanoseconds latency{0};  ///< per operation
};

/// What policies add, see policy_extras.h. By figure and variant: "lookup.eviction.lfu" of the first tier,
/// "ssd_read.migration.seed-threshold", "lookup.multimodal".
using PolicyExtras = std::map<std::string, Nanoseconds>;
/// How times lie about their medians, see time_ratios.h. By figure: "lookup" of lookup_ns, "h2d" of
/// h2d_latency_ns, "ssd_read" of ssd_read_latency_ns; or by figure and variant: "ssd_read.multimodal".
using TimeRatios = std::map<std::string, double>;

struct Profile {
  std::string name;
  std::string description;
  Channel h2d;  ///< host to device, pinned
  Channel d2h;  ///< device to host, pinned
  double pageable_bytes_per_second = 0;
  Channel ssd_read;
  Channel ssd_write;
  double flops_per_second = 0;         ///< sustained on the device, for the model's products
  double device_bytes_per_second = 0;  ///< device memory
  double host_memcpy_bytes_per_second = 0;
  double decode_bytes_per_second = 0;  ///< codec of the SSD tier, decompressed bytes
  double encode_bytes_per_second = 0;
  double lossy_encode_bytes_per_second = 0;  ///< lossy formats on one core, bytes of the tensor;
  double lossy_decode_bytes_per_second = 0;  ///< a file without them: 60% of memcpy
  double sha256_bytes_per_second = 0;        ///< identity of contents, one core; a file without them:
  double xxh3_bytes_per_second = 0;          ///< 4% and 80% of memcpy
  double tokenize_ns = 0;                    ///< per token
  double preprocess_ns = 0;                  ///< per source pixel: decode and resize
  Nanoseconds lookup{0};                     ///< one directory lookup
  Bytes device_memory;                       ///< usable
  Bytes host_memory;
  int host_cores = 0;
  /// figure -> where it comes from, or "measured here on DATE by calibrate"
  std::map<std::string, std::string> sources;
  PolicyExtras policy_extras{};  ///< not yet in the figures
  TimeRatios time_skews{};
  TimeRatios time_spreads{};
};

/// Reads and checks a profile file. Throws Error{kUsage} naming the key that is missing, unknown or
/// senseless.
[[nodiscard]] Profile read_profile(const std::string& path);

/// A profile by name or by path (what holds a '/' or ends in ".json"). A name is looked for in the folder
/// $CACHEBENCH_PROFILES, in ../share/cachebench/profiles beside the program's folder, and in configs/profiles
/// of the program's folder, the current folder, and every folder above them. `nvidia_sm61` is the source
/// documents' name for the default profile. Throws Error{kUsage} with the nearest known name.
[[nodiscard]] Profile find_profile(const std::string& name_or_path);
/// Names in all those folders, sorted.
[[nodiscard]] std::vector<std::string> profile_names();

inline constexpr char kDefaultProfile[] = "i5-10210u-mx250-nvme";
inline constexpr char kDefaultAlias[] = "nvidia_sm61";

}  // namespace cachebench::hardware
