// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "core/error.h"
#include "core/rng.h"

namespace cachebench::bench {
namespace {

constexpr std::uint32_t kNotSampled = 0xFFFFFFFFU;

/// Copies the accesses of chosen objects, numbered anew in the order of first appearance.
class Filter {
 public:
  explicit Filter(const policy::AccessColumns& columns) : columns_(columns) {}

  template <typename Chosen>
  policy::AccessColumns copy(const Chosen& chosen) const {
    policy::AccessColumns out;
    std::vector<std::uint32_t> numbers(columns_.objects(), kNotSampled);
    std::uint32_t next = 0;
    const std::vector<std::uint32_t>& ids = columns_.ids();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (!chosen(ids[i])) continue;
      std::uint32_t& number = numbers[ids[i]];
      if (number == kNotSampled) number = next++;
      if (columns_.object_sizes().empty()) {
        out.append_unit(number);
      } else {
        out.append(number, size_at(i, ids[i]));
      }
    }
    return out;
  }

 private:
  [[nodiscard]] std::uint64_t size_at(std::size_t access, std::uint32_t id) const {
    if (columns_.form() == policy::SizeForm::kPerAccess) return columns_.access_sizes()[access];
    return columns_.object_sizes()[id];
  }

  const policy::AccessColumns& columns_;
};

std::uint64_t scaled(std::uint64_t count, double rate, std::uint64_t most) {
  return std::min(most, static_cast<std::uint64_t>(std::llround(static_cast<double>(count) / rate)));
}

double miss_ratio(const policy::OneTierCounts& counts, double expected_accesses) {
  return std::clamp(static_cast<double>(counts.misses) / expected_accesses, 0.0, 1.0);
}

}  // namespace

AccessSample draw_sample(const policy::AccessColumns& columns, double rate) {
  if (!(rate > 0 && rate < 1)) {
    throw Error(ErrorKind::kUsage, fmt::format("--sample {}: write a share above 0 and below 1", rate));
  }
  // 53 bits of the hash against the rate; the slices share what is below it evenly.
  const auto hash = [](std::uint32_t id) { return static_cast<double>(splitmix64(id) >> 11U) * 0x1p-53; };
  const Filter filter(columns);
  AccessSample sample{
      .rate = rate, .all = filter.copy([&](std::uint32_t id) { return hash(id) < rate; }), .slices = {}};
  for (std::size_t slice = 0; slice < kSampleSlices; ++slice) {
    const double low = rate * static_cast<double>(slice) / static_cast<double>(kSampleSlices);
    const double high = rate * static_cast<double>(slice + 1) / static_cast<double>(kSampleSlices);
    sample.slices.push_back(
        filter.copy([&](std::uint32_t id) { return hash(id) >= low && hash(id) < high; }));
    if (sample.slices.back().accesses() == 0) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("--sample {}: leaves too few of {} objects: take a larger share", rate,
                              columns.objects()));
    }
  }
  return sample;
}

Bytes scaled_capacity(Bytes capacity, double rate) {
  if (capacity.value == 0) return capacity;
  return Bytes{
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(capacity.value) * rate))};
}

SampledCounts scale_up(const policy::AccessColumns& columns, double rate,
                       const policy::OneTierCounts& sampled, std::span<const policy::OneTierCounts> slices) {
  CACHEBENCH_CHECK(slices.size() == kSampleSlices, "{} slices", slices.size());
  const auto accesses = static_cast<double>(columns.accesses());
  SampledCounts out;
  out.counts.accesses = columns.accesses();
  out.counts.bytes_requested = columns.bytes_requested().value;
  out.counts.misses = scaled(sampled.misses, rate, out.counts.accesses);
  out.counts.bytes_missed = scaled(sampled.bytes_missed, rate, out.counts.bytes_requested);
  out.counts.evictions = scaled(sampled.evictions, rate, out.counts.misses);
  out.counts.peak_entries = scaled(sampled.peak_entries, rate, columns.objects());
  out.counts.peak_bytes = scaled(sampled.peak_bytes, rate, UINT64_MAX >> 1U);
  const double slice_rate = rate / static_cast<double>(kSampleSlices);
  double mean = 0;
  for (const policy::OneTierCounts& slice : slices) mean += miss_ratio(slice, accesses * slice_rate);
  mean /= static_cast<double>(kSampleSlices);
  double squares = 0;
  for (const policy::OneTierCounts& slice : slices) {
    const double difference = miss_ratio(slice, accesses * slice_rate) - mean;
    squares += difference * difference;
  }
  out.miss_ratio_error = std::sqrt(squares / static_cast<double>(kSampleSlices * (kSampleSlices - 1)));
  return out;
}

}  // namespace cachebench::bench
