// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>

#include "core/units.h"
#include "core/work.h"
#include "hardware/profile.h"

/// Bytes and FLOPs to nanoseconds, deterministic on every machine (IEEE division and rounding only).
///
///   L1 hit   lookup
///   L2 hit   lookup + h2d latency + bytes / h2d rate
///   L3 hit   lookup + read latency + stored bytes / read rate + decode time + the L2 hit's transfer
///   miss     lookup + recompute
///
/// What lies in a tier in a lossy form is read and written at the size of that form, and pays for decoding
/// and encoding on the host's core, on the device at the rate of its memory. Between two tiers that keep the
/// same form it is passed on as it is.
///
/// Each term is rounded to the nearest nanosecond on its own, and bounded by 1e18 ns. The SSD's records pass
/// a lossless codec where `stored_ratio` is below 1 or the caller says so. Immutable values; senseless
/// profiles are refused when read.
namespace cachebench::hardware {

/// What an entry's bytes sit on.
enum class Medium : std::uint8_t { kDevice, kHost, kSsd };

/// The parts of a run that are busy with a transfer; each serves one at a time.
enum class Resource : std::uint8_t { kPcieUp, kPcieDown, kSsdRead, kSsdWrite, kCpu, kGpu };
inline constexpr int kResources = 6;
[[nodiscard]] const char* name_of(Resource resource);

/// One stretch of time on one resource.
struct Stage {
  Resource resource;
  Nanoseconds duration;
  Bytes bytes{};  ///< that pass through
};

/// Up to five stages in order; a copy between tiers or a computation.
struct Stages {
  std::array<Stage, 5> items{};
  std::size_t count = 0;
  [[nodiscard]] std::span<const Stage> span() const { return {items.data(), count}; }
  [[nodiscard]] Nanoseconds total() const;
};

/// An entry in a tier: the bytes that it takes there, and in which form. 0 is the plain one; others are told
/// apart only by whether they are equal.
struct Resting {
  Medium medium = Medium::kDevice;
  Bytes bytes{};
  std::uint8_t form = 0;
};

/// Whether the SSD's records pass a lossless codec: where they are smaller for it, or in any case (their
/// budget is then charged the tensor's bytes, and only the time of the codec counts).
enum class SsdCodec : std::uint8_t { kByRatio, kAlways };

/// Thread-safe: immutable after construction. `stored_ratio` is the configured size of an SSD record over the
/// tensor's (1 without a codec). REQUIRES: 0 < stored_ratio ≤ 1.
class CostModel {
 public:
  CostModel(Profile profile, double stored_ratio, SsdCodec codec = SsdCodec::kByRatio);
  [[nodiscard]] const Profile& profile() const { return profile_; }
  [[nodiscard]] Nanoseconds lookup() const { return profile_.lookup; }
  /// Nominal size of an SSD record: bytes × stored_ratio, rounded down.
  [[nodiscard]] Bytes stored_bytes(Bytes bytes) const;
  /// Bringing an entry from where it lives to the device. From the device it takes nothing.
  [[nodiscard]] Stages fetch(Medium from, Bytes bytes) const;
  /// Copying between tiers, either way; device to SSD passes through the host. REQUIRES: from ≠ to.
  [[nodiscard]] Stages copy(Medium from, Medium to, Bytes bytes) const;
  // The same for an entry of `bytes` that lies in a form of its own.
  [[nodiscard]] Stages fetch(const Resting& from, Bytes bytes) const;
  [[nodiscard]] Stages copy(const Resting& from, const Resting& to, Bytes bytes) const;
  /// Computing an artefact from its inputs: the host's share first, then the device's (FLOPs, memory traffic
  /// and fixed time add up: no overlap is assumed).
  [[nodiscard]] Stages recompute(const Work& work) const;
  /// lookup + fetch: what a hit at `from` costs.
  [[nodiscard]] Nanoseconds hit_cost(Medium from, Bytes bytes) const;
  [[nodiscard]] Nanoseconds hit_cost(const Resting& from, Bytes bytes) const;
  /// lookup + recompute.
  [[nodiscard]] Nanoseconds miss_cost(const Work& work) const;

 private:
  [[nodiscard]] bool has_codec() const { return stored_ratio_ < 1 || codec_ == SsdCodec::kAlways; }

  Profile profile_;
  double stored_ratio_;
  SsdCodec codec_;
};

}  // namespace cachebench::hardware
