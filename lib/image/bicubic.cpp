// SPDX-License-Identifier: Apache-2.0
#include "image/bicubic.h"

#include <algorithm>
#include <vector>

#include "core/check.h"

namespace cachebench::image {
namespace {

constexpr std::uint64_t kMaxTargetPixels = std::uint64_t{1} << 26;
constexpr int kWeightBits = 22;  // a sum of 8-bit values with weights above 1 still fits 32 bits
constexpr double kKernelRadius = 2.0;

double cubic(double x) {
  constexpr double kA = -0.5;
  x = x < 0 ? -x : x;
  if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  if (x < kKernelRadius) return (((x - 5) * x + 8) * x - 4) * kA;
  return 0;
}

/// The source positions that one target position is made of.
struct Taps {
  std::uint32_t first = 0;
  std::vector<std::int32_t> weights;
};

std::vector<Taps> taps_of(std::uint32_t source, std::uint32_t target) {
  const double scale = static_cast<double>(source) / target;
  const double widening = std::max(scale, 1.0);
  const double radius = kKernelRadius * widening;
  std::vector<Taps> all(target);
  std::vector<double> weights;
  for (std::uint32_t position = 0; position < target; ++position) {
    const double centre = (position + 0.5) * scale;
    const auto first = static_cast<std::int64_t>(std::max(centre - radius + 0.5, 0.0));
    const auto last = std::min<std::int64_t>(static_cast<std::int64_t>(centre + radius + 0.5), source);
    weights.clear();
    double sum = 0;
    for (std::int64_t at = first; at < last; ++at) {
      weights.push_back(cubic((static_cast<double>(at) - centre + 0.5) * (1.0 / widening)));
      sum += weights.back();
    }
    Taps& taps = all[position];
    taps.first = static_cast<std::uint32_t>(first);
    for (const double weight : weights) {
      const double scaled = weight / sum * (1 << kWeightBits);
      taps.weights.push_back(static_cast<std::int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5));
    }
  }
  return all;
}

std::uint8_t rounded(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

Image resize_across(const Image& image, std::uint32_t width) {
  const std::vector<Taps> all = taps_of(image.width(), width);
  Image result({width, image.height()});
  auto out = result.bytes().begin();
  for (std::uint32_t y = 0; y < image.height(); ++y) {
    const auto row = image.row(y);
    for (const Taps& taps : all) {
      for (std::size_t channel = 0; channel < kChannels; ++channel) {
        std::int32_t sum = kHalf;
        std::size_t at = taps.first * kChannels + channel;
        for (const std::int32_t weight : taps.weights) {
          sum += weight * row[at];
          at += kChannels;
        }
        *out++ = rounded(sum);
      }
    }
  }
  return result;
}

Image resize_down(const Image& image, std::uint32_t height) {
  const std::vector<Taps> all = taps_of(image.height(), height);
  Image result({image.width(), height});
  std::vector<std::int32_t> sums(image.width() * kChannels);
  auto out = result.bytes().begin();
  for (const Taps& taps : all) {
    std::fill(sums.begin(), sums.end(), kHalf);
    std::uint32_t y = taps.first;
    for (const std::int32_t weight : taps.weights) {
      const auto row = image.row(y++);
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weight * row[i];
    }
    for (const std::int32_t sum : sums) *out++ = rounded(sum);
  }
  return result;
}

}  // namespace

Image resize_bicubic(const Image& image, Size target) {
  CACHEBENCH_CHECK(target.width > 0 && target.height > 0 && target.pixels() <= kMaxTargetPixels, "{}x{}",
                   target.width, target.height);
  const Image across = target.width == image.width() ? image : resize_across(image, target.width);
  return target.height == image.height() ? across : resize_down(across, target.height);
}

}  // namespace cachebench::image
