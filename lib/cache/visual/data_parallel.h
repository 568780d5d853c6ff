// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

/// Whether the vision encoder should run data-parallel for a batch: rules tried in order, the first that
/// matches decides. The batch is what the engine encodes at once. Values and pure functions; nothing throws.
namespace cachebench::cache {

struct BatchShape {
  std::uint32_t image_count = 1;
  std::uint32_t width = 512;  ///< of its images, pixels
  std::uint32_t height = 512;
  std::uint32_t encoder_depth = 27;  ///< layers of the vision encoder
};

/// In the order in which they are tried.
enum class DataParallelRule : std::uint8_t {
  kManySmallImages,   ///< 10 images or more, none above 256 x 256: little to gain, so no
  kSeveralImages,     ///< 2 or more
  kLargeImages,       ///< 512 x 512 or more
  kDeepEncoder,       ///< 45 layers or more
  kNothingSpeaksFor,  ///< no rule matches, so no
};
inline constexpr std::size_t kDataParallelRules = 5;
[[nodiscard]] const char* name_of(DataParallelRule rule);

/// The engine's flag that a recommendation stands for.
inline constexpr std::string_view kDataParallelFlag = "--mm-encoder-tp-mode data";

struct DataParallelAdvice {
  bool recommended = false;
  DataParallelRule rule = DataParallelRule::kNothingSpeaksFor;
  std::string_view engine_flag;  ///< empty when not recommended
  bool operator==(const DataParallelAdvice&) const = default;
};

[[nodiscard]] DataParallelAdvice advise_data_parallel(const BatchShape& batch);

/// Advice given so far, by rule.
struct DataParallelCounts {
  std::array<std::uint64_t, kDataParallelRules> by_rule{};
  void count(const DataParallelAdvice& advice) { ++by_rule[static_cast<std::size_t>(advice.rule)]; }
  [[nodiscard]] std::uint64_t recommendations() const;
  [[nodiscard]] std::uint64_t refusals() const;
};

}  // namespace cachebench::cache
