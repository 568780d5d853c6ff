// SPDX-License-Identifier: Apache-2.0
#include "hardware/cost.h"

#include <utility>

#include "core/check.h"

namespace cachebench::hardware {
namespace {

// Four stages and a lookup at this bound still fit 63 bits.
constexpr double kLongestNs = 1e18;

// Nearest whole nanosecond, halves up: exact for every value below 2^52, and no rounding mode is consulted.
std::int64_t rounded(double ns) {
  if (ns >= kLongestNs) return static_cast<std::int64_t>(kLongestNs);
  const auto whole = static_cast<std::int64_t>(ns);
  return ns - static_cast<double>(whole) >= 0.5 ? whole + 1 : whole;
}

Nanoseconds at_rate(double amount, double per_second) {
  return Nanoseconds{rounded(amount / per_second * 1e9)};
}

Nanoseconds at_rate(Bytes bytes, double per_second) {
  return at_rate(static_cast<double>(bytes.value), per_second);
}

Nanoseconds through(const Channel& channel, Bytes bytes) {
  return channel.latency + at_rate(bytes, channel.bytes_per_second);
}

void append(Stages& stages, Resource resource, Nanoseconds duration, Bytes bytes = {}) {
  CACHEBENCH_DCHECK(stages.count < stages.items.size());
  stages.items[stages.count++] = {resource, duration, bytes};
}

}  // namespace

const char* name_of(Resource resource) {
  switch (resource) {
    case Resource::kPcieUp:
      return "pcie_up";
    case Resource::kPcieDown:
      return "pcie_down";
    case Resource::kSsdRead:
      return "ssd_read";
    case Resource::kSsdWrite:
      return "ssd_write";
    case Resource::kCpu:
      return "cpu";
    case Resource::kGpu:
      return "gpu";
  }
  return "?";
}

Nanoseconds Stages::total() const {
  Nanoseconds sum{0};
  for (const Stage& stage : span()) sum += stage.duration;
  return sum;
}

CostModel::CostModel(Profile profile, double stored_ratio, SsdCodec codec)
    : profile_(std::move(profile)), stored_ratio_(stored_ratio), codec_(codec) {
  CACHEBENCH_CHECK(stored_ratio > 0 && stored_ratio <= 1, "stored ratio {}", stored_ratio);
}

Bytes CostModel::stored_bytes(Bytes bytes) const {
  if (stored_ratio_ == 1) return bytes;
  return Bytes{static_cast<std::uint64_t>(static_cast<double>(bytes.value) * stored_ratio_)};
}

Stages CostModel::fetch(Medium from, Bytes bytes) const {
  return fetch(Resting{.medium = from, .bytes = bytes}, bytes);
}

Stages CostModel::fetch(const Resting& from, Bytes bytes) const {
  if (from.medium != Medium::kDevice) return copy(from, {.medium = Medium::kDevice, .bytes = bytes}, bytes);
  Stages stages;
  if (from.form != 0) {  // read in the form, written plain
    const Bytes moved = from.bytes + bytes;
    append(stages, Resource::kGpu, at_rate(moved, profile_.device_bytes_per_second), moved);
  }
  return stages;
}

Stages CostModel::copy(Medium from, Medium to, Bytes bytes) const {
  return copy(Resting{.medium = from, .bytes = bytes}, Resting{.medium = to, .bytes = bytes}, bytes);
}

Stages CostModel::copy(const Resting& from, const Resting& to, Bytes bytes) const {
  CACHEBENCH_CHECK(from.medium != to.medium, "a copy needs two places");
  Stages stages;
  if (from.medium == Medium::kSsd) {
    const Bytes stored = from.form == 0 ? stored_bytes(from.bytes) : from.bytes;
    append(stages, Resource::kSsdRead, through(profile_.ssd_read, stored), stored);
    if (from.form == 0 && has_codec())
      append(stages, Resource::kCpu, at_rate(bytes, profile_.decode_bytes_per_second), bytes);
  }
  if (from.medium == Medium::kDevice)
    append(stages, Resource::kPcieDown, through(profile_.d2h, from.bytes), from.bytes);
  if (from.form != to.form) {
    Nanoseconds recoding{0};
    if (from.form != 0) recoding += at_rate(bytes, profile_.lossy_decode_bytes_per_second);
    if (to.form != 0) recoding += at_rate(bytes, profile_.lossy_encode_bytes_per_second);
    append(stages, Resource::kCpu, recoding, bytes);
  }
  if (to.medium == Medium::kDevice)
    append(stages, Resource::kPcieUp, through(profile_.h2d, to.bytes), to.bytes);
  if (to.medium == Medium::kSsd) {
    if (to.form == 0 && has_codec())
      append(stages, Resource::kCpu, at_rate(bytes, profile_.encode_bytes_per_second), bytes);
    const Bytes stored = to.form == 0 ? stored_bytes(to.bytes) : to.bytes;
    append(stages, Resource::kSsdWrite, through(profile_.ssd_write, stored), stored);
  }
  return stages;
}

Stages CostModel::recompute(const Work& work) const {
  Stages stages;
  const double host_ns = static_cast<double>(work.tokens_tokenized) * profile_.tokenize_ns +
                         static_cast<double>(work.source_pixels) * profile_.preprocess_ns;
  if (host_ns > 0) append(stages, Resource::kCpu, Nanoseconds{rounded(host_ns)});
  const double device_ns = static_cast<double>(work.flops) / profile_.flops_per_second * 1e9 +
                           static_cast<double>(work.bytes_moved) / profile_.device_bytes_per_second * 1e9 +
                           static_cast<double>(work.fixed_ns);
  if (device_ns > 0) append(stages, Resource::kGpu, Nanoseconds{rounded(device_ns)});
  return stages;
}

Nanoseconds CostModel::hit_cost(Medium from, Bytes bytes) const {
  return lookup() + fetch(from, bytes).total();
}

Nanoseconds CostModel::hit_cost(const Resting& from, Bytes bytes) const {
  return lookup() + fetch(from, bytes).total();
}

Nanoseconds CostModel::miss_cost(const Work& work) const {
  return lookup() + recompute(work).total();
}

}  // namespace cachebench::hardware
