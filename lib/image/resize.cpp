// SPDX-License-Identifier: Apache-2.0
#include "image/resize.h"

#include <algorithm>

#include "core/check.h"

namespace cachebench::image {
namespace {

constexpr std::uint64_t kMaxTargetPixels = std::uint64_t{1} << 26;

// The source positions under one target position, on a scale where both axes have `source` · `target` units:
// a source position is `target` units long, a target position `source` units.
class Axis {
 public:
  Axis(std::uint32_t source, std::uint32_t target) : source_(source), target_(target) {}
  [[nodiscard]] std::uint64_t length() const { return source_; }
  /// Calls visit(position, units) for each; the units sum to length().
  template <typename Visit>
  void for_each_under(std::uint32_t position, Visit visit) const {
    const std::uint64_t begin = position * source_;
    const std::uint64_t end = begin + source_;
    for (std::uint64_t at = begin / target_; at * target_ < end; ++at) {
      const std::uint64_t from = std::max(begin, at * target_);
      const std::uint64_t to = std::min(end, (at + 1) * target_);
      visit(static_cast<std::uint32_t>(at), to - from);
    }
  }

 private:
  std::uint64_t source_;
  std::uint64_t target_;
};

// Sums of one source row over the columns of the target, `Planes` values each.
template <std::size_t Planes, typename Value>
void add_row(const Axis& columns, std::uint64_t weight, Value value, std::vector<std::uint64_t>& sums) {
  const auto count = static_cast<std::uint32_t>(sums.size() / Planes);
  for (std::uint32_t column = 0; column < count; ++column) {
    std::uint64_t* sum = &sums[column * Planes];
    columns.for_each_under(column, [&](std::uint32_t x, std::uint64_t units) {
      for (std::size_t plane = 0; plane < Planes; ++plane) sum[plane] += weight * units * value(x, plane);
    });
  }
}

void check_target(Size target) {
  CACHEBENCH_CHECK(target.width > 0 && target.height > 0 && target.pixels() <= kMaxTargetPixels, "{}x{}",
                   target.width, target.height);
}

}  // namespace

Image resize_area(const Image& image, Size target) {
  check_target(target);
  const Axis columns(image.width(), target.width);
  const Axis rows(image.height(), target.height);
  const std::uint64_t total = columns.length() * rows.length();
  Image result(target);
  std::vector<std::uint64_t> sums(target.width * kChannels);
  auto out = result.bytes().begin();
  for (std::uint32_t y = 0; y < target.height; ++y) {
    std::fill(sums.begin(), sums.end(), 0);
    rows.for_each_under(y, [&](std::uint32_t source_y, std::uint64_t weight) {
      const auto row = image.row(source_y);
      add_row<kChannels>(
          columns, weight, [&](std::uint32_t x, std::size_t channel) { return row[x * kChannels + channel]; },
          sums);
    });
    for (const std::uint64_t sum : sums) *out++ = static_cast<std::uint8_t>((sum + total / 2) / total);
  }
  return result;
}

std::vector<std::int64_t> luma_grid(const Image& image, Size cells) {
  check_target(cells);
  CACHEBENCH_CHECK(image.size().pixels() <= std::uint64_t{1} << 30, "{}x{}", image.width(), image.height());
  const Axis columns(image.width(), cells.width);
  const Axis rows(image.height(), cells.height);
  // Sums are at most 255,000 · pixels, below 2^48; the quotient keeps twelve bits behind the point.
  const std::uint64_t total = columns.length() * rows.length() * 1000;
  std::vector<std::int64_t> grid;
  grid.reserve(cells.pixels());
  std::vector<std::uint64_t> sums(cells.width);
  for (std::uint32_t y = 0; y < cells.height; ++y) {
    std::fill(sums.begin(), sums.end(), 0);
    rows.for_each_under(y, [&](std::uint32_t source_y, std::uint64_t weight) {
      const auto value = [&](std::uint32_t x, std::size_t) {
        return std::uint64_t{luma_thousandths(image.at(x, source_y))};
      };
      add_row<1>(columns, weight, value, sums);
    });
    for (const std::uint64_t sum : sums) {
      grid.push_back(static_cast<std::int64_t>((sum * kLumaGridScale + total / 2) / total));
    }
  }
  return grid;
}

}  // namespace cachebench::image
