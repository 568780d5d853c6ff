// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/design.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <set>

#include "core/error.h"
#include "core/rng.h"

namespace cachebench::bench {
namespace {

/// Combinations of all values; saturates.
std::uint64_t combinations(const std::vector<Axis>& axes) {
  std::uint64_t total = 1;
  for (const Axis& axis : axes) {
    if (__builtin_mul_overflow(total, axis.values.size(), &total)) return UINT64_MAX;
  }
  return total;
}

bool parse_number(std::string_view text, std::uint64_t& out) {
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, out);
  return failed == std::errc{} && stop == end;
}

}  // namespace

Design::Design(const SweepConfig& config) : config_(config) {
  switch (config.design) {
    case SweepDesign::kGrid:
    case SweepDesign::kSuccessiveHalving:
      points_ = combinations(config.axes);
      break;
    case SweepDesign::kZip:
    case SweepDesign::kList:
      points_ = config.axes.front().values.size();
      break;
    case SweepDesign::kRandom:
      draw();
      break;
  }
}

// Numbers of the grid without repetition (Floyd 1987), in the grid's order.
void Design::draw() {
  const std::uint64_t total = combinations(config_.axes);
  points_ = std::min(config_.random_points, total);
  std::set<std::uint64_t> chosen;
  Rng rng(config_.seed);
  for (std::uint64_t top = total - points_; top < total; ++top) {
    const std::uint64_t number = rng.below(top + 1);
    chosen.insert(chosen.contains(number) ? top : number);
  }
  drawn_.assign(chosen.begin(), chosen.end());
}

std::uint64_t Design::points_run() const {
  return std::min(points_, config_.limit.value_or(UINT64_MAX));
}

std::vector<WorkItem> Design::items() const {
  std::vector<WorkItem> list;
  const std::uint32_t rung = config_.design == SweepDesign::kSuccessiveHalving ? 1 : 0;
  for (std::uint64_t point = 0; point < points_run(); ++point) {
    for (std::uint32_t slice = 0; slice <= config_.slices; ++slice) {
      list.push_back({.point = point, .slice = slice, .rung = rung});
    }
  }
  return list;
}

// Which value of each axis; the last axis changes fastest.
std::vector<std::size_t> Design::choice(std::uint64_t point) const {
  std::vector<std::size_t> values(config_.axes.size());
  if (config_.design == SweepDesign::kZip || config_.design == SweepDesign::kList) {
    std::fill(values.begin(), values.end(), static_cast<std::size_t>(point));
    return values;
  }
  std::uint64_t number = config_.design == SweepDesign::kRandom ? drawn_[point] : point;
  for (std::size_t i = values.size(); i-- > 0;) {
    const std::size_t count = config_.axes[i].values.size();
    values[i] = static_cast<std::size_t>(number % count);
    number /= count;
  }
  return values;
}

PointSetting Design::setting(const WorkItem& item) const {
  PointSetting setting;
  const std::vector<std::size_t> values = choice(item.point);
  const auto name = [&](const std::string& label) {
    if (!label.empty()) setting.name += (setting.name.empty() ? "" : ", ") + label;
  };
  for (std::size_t i = 0; i < values.size(); ++i) {
    const AxisValue& value = config_.axes[i].values[values[i]];
    setting.assignments.insert(setting.assignments.end(), value.assignments.begin(), value.assignments.end());
    if (!value.assignments.empty()) setting.axes[config_.axes[i].name] = value.label;
    name(value.label);
  }
  if (item.slice > 0) {
    const std::string label = fmt::format("{}/{}", item.slice, config_.slices);
    setting.axes[result::kSliceAxis] = label;
    name("slice " + label);
  }
  if (item.rung > 0) {
    const std::string label = fmt::format("{}/{}", item.rung, config_.halving.rungs);
    setting.axes[result::kRungAxis] = label;
    name("round " + label);
  }
  return setting;
}

std::vector<result::SweepAxis> Design::axes() const {
  std::vector<result::SweepAxis> list;
  for (const Axis& axis : config_.axes) {
    result::SweepAxis made{.path = axis.name, .values = {}};
    for (const AxisValue& value : axis.values) {
      const bool is_new = std::find(made.values.begin(), made.values.end(), value.label) == made.values.end();
      if (is_new && !value.assignments.empty()) made.values.push_back(value.label);
    }
    list.push_back(std::move(made));
  }
  const auto counted = [&](const char* path, std::uint32_t count) {
    result::SweepAxis made{.path = path, .values = {}};
    for (std::uint32_t i = 1; i <= count; ++i) made.values.push_back(fmt::format("{}/{}", i, count));
    list.push_back(std::move(made));
  };
  if (config_.slices > 0) counted(result::kSliceAxis, config_.slices);
  if (config_.design == SweepDesign::kSuccessiveHalving) counted(result::kRungAxis, config_.halving.rungs);
  return list;
}

Shard parse_shard(const std::string& text) {
  Shard shard;
  const std::size_t slash = text.find('/');
  const bool ok =
      slash != std::string::npos && parse_number(std::string_view(text).substr(0, slash), shard.index) &&
      parse_number(std::string_view(text).substr(slash + 1), shard.count) && shard.index < shard.count;
  if (!ok) {
    throw Error(ErrorKind::kUsage,
                fmt::format("--shard '{}': write i/n with i from 0 to n - 1, such as 0/4", text));
  }
  return shard;
}

}  // namespace cachebench::bench
