// SPDX-License-Identifier: Apache-2.0
#include "cache/visual/data_parallel.h"

#include "core/check.h"

namespace cachebench::cache {
namespace {

DataParallelRule first_match(const BatchShape& batch) {
  if (batch.image_count >= 10 && batch.width <= 256 && batch.height <= 256)
    return DataParallelRule::kManySmallImages;
  if (batch.image_count >= 2) return DataParallelRule::kSeveralImages;
  if (batch.width >= 512 && batch.height >= 512) return DataParallelRule::kLargeImages;
  if (batch.encoder_depth >= 45) return DataParallelRule::kDeepEncoder;
  return DataParallelRule::kNothingSpeaksFor;
}

constexpr bool speaks_for(DataParallelRule rule) {
  return rule != DataParallelRule::kManySmallImages && rule != DataParallelRule::kNothingSpeaksFor;
}

}  // namespace

const char* name_of(DataParallelRule rule) {
  switch (rule) {
    case DataParallelRule::kManySmallImages:
      return "many_small_images";
    case DataParallelRule::kSeveralImages:
      return "several_images";
    case DataParallelRule::kLargeImages:
      return "large_images";
    case DataParallelRule::kDeepEncoder:
      return "deep_encoder";
    case DataParallelRule::kNothingSpeaksFor:
      return "nothing_speaks_for";
  }
  CACHEBENCH_CHECK(false, "rule {}", static_cast<int>(rule));
}

DataParallelAdvice advise_data_parallel(const BatchShape& batch) {
  const DataParallelRule rule = first_match(batch);
  const bool recommended = speaks_for(rule);
  return {.recommended = recommended,
          .rule = rule,
          .engine_flag = recommended ? kDataParallelFlag : std::string_view{}};
}

std::uint64_t DataParallelCounts::recommendations() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kDataParallelRules; ++i) {
    if (speaks_for(static_cast<DataParallelRule>(i))) sum += by_rule[i];
  }
  return sum;
}

std::uint64_t DataParallelCounts::refusals() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kDataParallelRules; ++i) {
    if (!speaks_for(static_cast<DataParallelRule>(i))) sum += by_rule[i];
  }
  return sum;
}

}  // namespace cachebench::cache
