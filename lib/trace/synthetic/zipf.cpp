// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/zipf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/check.h"
#include "core/det_math.h"
#include "core/error.h"

namespace cachebench::trace {

ZipfSampler::ZipfSampler(std::uint64_t objects, double alpha) : threshold_(objects), alias_(objects) {
  CACHEBENCH_CHECK(objects >= 1 && objects <= kMostObjects && alpha >= 0, "{} objects, alpha {}", objects,
                   alpha);
  double sum = 0;
  // Smallest weights first: the rounding of the sum stays below that of one term.
  for (std::uint64_t k = objects; k >= 1; --k) {
    const auto rank = static_cast<double>(k);
    threshold_[k - 1] = alpha == 1.0 ? 1.0 / rank : det::pow(rank, -alpha);
    sum += threshold_[k - 1];
  }
  const double scale = static_cast<double>(objects) / sum;
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < objects; ++i) {
    threshold_[i] *= scale;
    (threshold_[i] < 1.0 ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const std::uint32_t poor = small.back();
    const std::uint32_t rich = large.back();
    small.pop_back();
    alias_[poor] = rich;
    threshold_[rich] -= 1.0 - threshold_[poor];
    if (threshold_[rich] < 1.0) {
      large.pop_back();
      small.push_back(rich);
    }
  }
  // Whatever rounding left over is full.
  for (const std::uint32_t i : small) threshold_[i] = 1.0;
  for (const std::uint32_t i : large) threshold_[i] = 1.0;
}

void generate_zipf(const ZipfTrace& trace, Writer& out) {
  const bool sane = trace.records >= 1 && trace.objects >= 1 && trace.objects <= ZipfSampler::kMostObjects &&
                    std::isfinite(trace.alpha) && trace.alpha >= 0 && trace.alpha <= 10;
  if (!sane) {
    throw Error(ErrorKind::kUsage,
                fmt::format("zipf of {} records, {} objects, alpha {}: needs at least one record, 1 "
                            "to {} objects and an alpha of 0 to 10",
                            trace.records, trace.objects, trace.alpha, ZipfSampler::kMostObjects));
  }
  const ZipfSampler sampler(trace.objects, trace.alpha);
  Rng rng(trace.seed);
  std::array<ObjectAccess, 1024> batch;
  for (std::uint64_t first = 0; first < trace.records; first += batch.size()) {
    const std::uint64_t count = std::min<std::uint64_t>(batch.size(), trace.records - first);
    for (std::uint64_t i = 0; i < count; ++i) {
      batch[i] = {.time_s = static_cast<double>((first + i) / kZipfRecordsPerSecond),
                  .key = sampler.sample(rng),
                  .size = 1};
    }
    out.write(std::span<const ObjectAccess>(batch.data(), count));
  }
}

}  // namespace cachebench::trace
