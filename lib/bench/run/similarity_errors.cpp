// SPDX-License-Identifier: Apache-2.0
#include "bench/run/similarity_errors.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/float_formats.h"

namespace cachebench::bench {
namespace {

constexpr std::array<const char*, 3> kVerdictNames{"right", "false", "unknown"};
constexpr std::array<const char*, 3> kBasisNames{"served", "synthesised", "pixels"};
constexpr double kMillion = 1e6;

template <typename T>
T value_at(std::span<const std::byte> data, std::size_t index) {
  T value{};
  std::memcpy(&value, data.data() + index * sizeof(T), sizeof(T));
  return value;
}

float number_at(DType dtype, std::span<const std::byte> data, std::size_t index) {
  switch (dtype) {
    case DType::kU8:
      return static_cast<float>(value_at<std::uint8_t>(data, index)) - 127.5F;
    case DType::kI8:
      return static_cast<float>(value_at<std::int8_t>(data, index));
    case DType::kF16:
      return float_from_half(value_at<std::uint16_t>(data, index));
    case DType::kBF16:
      return float_from_bfloat16(value_at<std::uint16_t>(data, index));
    case DType::kF32:
      return value_at<float>(data, index);
    case DType::kI64:
      break;
  }
  return 0;
}

std::vector<float> numbers_of(DType dtype, std::span<const std::byte> data) {
  std::vector<float> numbers(data.size() / size_of(dtype));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = number_at(dtype, data, i);
  return numbers;
}

// Two directions are equal, or at right angles: each id that differs adds 2 to the squared difference.
std::optional<cache::TensorError> error_of_ids(std::span<const std::byte> served,
                                               std::span<const std::byte> truth) {
  const std::size_t count = truth.size() / sizeof(std::int64_t);
  if (count == 0) return std::nullopt;
  std::size_t differing = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (value_at<std::int64_t>(served, i) != value_at<std::int64_t>(truth, i)) ++differing;
  }
  const double share = static_cast<double>(differing) / static_cast<double>(count);
  return cache::TensorError{.relative_l2 = std::sqrt(2 * share), .cosine = 1 - share};
}

}  // namespace

Bytes compared_bytes(const TensorMeta& meta) {
  return Bytes{std::min(meta.shape.elements(), kComparedElements) * size_of(meta.dtype)};
}

std::optional<cache::TensorError> tensor_error(DType dtype, std::span<const std::byte> served,
                                               std::span<const std::byte> truth) {
  if (served.size() != truth.size()) return std::nullopt;
  if (dtype == DType::kI64) return error_of_ids(served, truth);
  return cache::error_between(numbers_of(dtype, served), numbers_of(dtype, truth));
}

void SimilarityErrors::add(Verdict verdict, Basis basis, const std::optional<cache::TensorError>& error) {
  const MutexLock lock(mutex_);
  Sum& sum = sums_[static_cast<std::size_t>(verdict)][static_cast<std::size_t>(basis)];
  sum.summary.add(error);
  if (!error) return;
  // Against a truth close to 0 an error may be of any size.
  const double relative = std::min(error->relative_l2, 1e9);
  sum.millionths.record(static_cast<std::int64_t>(std::llround(relative * kMillion)));
  const auto bin = static_cast<std::size_t>(relative / result::kErrorBinWidth);
  ++sum.bins[std::min(bin, result::kErrorBins - 1)];
}

void SimilarityErrors::reset() {
  const MutexLock lock(mutex_);
  sums_ = {};
}

std::vector<result::SimilarityError> SimilarityErrors::collect() const {
  const MutexLock lock(mutex_);
  std::vector<result::SimilarityError> all;
  for (std::size_t v = 0; v < kVerdicts; ++v) {
    for (std::size_t b = 0; b < kBases; ++b) {
      const Sum& sum = sums_[v][b];
      const cache::ErrorSummary& summary = sum.summary;
      if (summary.compared() + summary.not_comparable() == 0) continue;
      const auto quantile = [&](double share) {
        return std::min(static_cast<double>(sum.millionths.quantile(share)) / kMillion,
                        summary.max_relative_l2());
      };
      all.push_back({.verdict = kVerdictNames[v],
                     .basis = kBasisNames[b],
                     .compared = summary.compared(),
                     .not_comparable = summary.not_comparable(),
                     .mean_relative_l2 = summary.mean_relative_l2(),
                     .p50_relative_l2 = quantile(0.5),
                     .p90_relative_l2 = quantile(0.9),
                     .max_relative_l2 = summary.max_relative_l2(),
                     .mean_cosine = summary.mean_cosine(),
                     .min_cosine = summary.min_cosine(),
                     .histogram = {sum.bins.begin(), sum.bins.end()}});
    }
  }
  return all;
}

}  // namespace cachebench::bench
