// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What forbids a pipeline to be faster: how long each thing that does so many jobs at a time was busy, the
/// bound that this sets on what overlapping the stages may gain, what was reached of it, and how far the
/// computing is below what the machine can do. `basis` is "measured", "emulated" or "modelled". Values that
/// own what they hold: copy freely, thread-compatible.
namespace cachebench::result {

/// A stage by itself.
struct RooflineStage {
  std::string name{};
  std::string resource{};    ///< what it is busy with, or waits for, for the most part
  std::string basis{};       ///< of its time
  std::int64_t busy_ns = 0;  ///< of all its jobs
  std::int64_t cpu_ns = 0;   ///< of it, on a core; the rest it waited
  bool operator==(const RooflineStage&) const = default;
};

/// What is taken by so many at a time, however the work is arranged.
struct RooflineResource {
  std::string name{};
  std::string basis{};
  double units = 1;
  std::int64_t busy_ns = 0;  ///< of all units together
  /// The work cannot be done in less.
  [[nodiscard]] double least_ns() const { return units > 0 ? static_cast<double>(busy_ns) / units : 0; }
  bool operator==(const RooflineResource&) const = default;
};

/// The computing against the machine's roof.
struct RooflineCompute {
  std::string basis{};               ///< of the peaks
  std::uint64_t flops = 0;           ///< of tower and decoder, by the geometry
  std::uint64_t bytes = 0;           ///< of weights, keys and values that they have to read
  std::int64_t busy_ns = 0;          ///< of all calls of the model together
  double peak_flops_per_second = 0;  ///< of all cores, or of the device
  double peak_bytes_per_second = 0;
  [[nodiscard]] std::optional<double> flops_per_second() const;
  [[nodiscard]] std::optional<double> bytes_per_second() const;
  /// At the peaks the same work would take at least this.
  [[nodiscard]] std::optional<double> roof_ns() const;
  /// "arithmetic" or "memory": which of the two peaks the work meets first.
  [[nodiscard]] const char* limited_by() const;
  bool operator==(const RooflineCompute&) const = default;
};

struct Roofline {
  std::int64_t elapsed_ns = 0;
  std::vector<RooflineStage> stages{};
  std::vector<RooflineResource> resources{};
  std::optional<RooflineCompute> compute{};

  /// All stages one after the other, each job alone.
  [[nodiscard]] std::int64_t serial_ns() const;
  /// The resource that sets the bound; null where none was busy. What is only modelled bounds nothing here.
  [[nodiscard]] const RooflineResource* limit() const;
  /// Overlapping may gain at most this, over one after the other: serial / the busiest resource's least time.
  [[nodiscard]] std::optional<double> speedup_bound() const;
  [[nodiscard]] std::optional<double> speedup_reached() const;
  [[nodiscard]] std::optional<double> reached_ratio() const;
  bool operator==(const Roofline&) const = default;
};

}  // namespace cachebench::result
