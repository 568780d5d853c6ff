// SPDX-License-Identifier: Apache-2.0
#include "cache/visual/data_parallel.h"

#include <doctest/doctest.h>

namespace cachebench::cache {
namespace {

// As the source document writes them.
bool reference(std::uint32_t images, std::uint32_t width, std::uint32_t height, std::uint32_t depth) {
  if (images >= 10 && width <= 256 && height <= 256) return false;
  if (images >= 2) return true;
  if (width >= 512 && height >= 512) return true;
  if (depth >= 45) return true;
  return false;
}

TEST_CASE("the rules are tried in order") {
  struct Row {
    BatchShape batch;
    DataParallelRule rule;
  };
  const Row rows[] = {
      {{.image_count = 10, .width = 256, .height = 256, .encoder_depth = 45},
       DataParallelRule::kManySmallImages},
      {{.image_count = 9, .width = 256, .height = 256}, DataParallelRule::kSeveralImages},
      {{.image_count = 10, .width = 257, .height = 256}, DataParallelRule::kSeveralImages},
      {{.image_count = 2, .width = 64, .height = 64}, DataParallelRule::kSeveralImages},
      {{.image_count = 1, .width = 512, .height = 512}, DataParallelRule::kLargeImages},
      {{.image_count = 0, .width = 512, .height = 512}, DataParallelRule::kLargeImages},
      {{.image_count = 1, .width = 512, .height = 511}, DataParallelRule::kNothingSpeaksFor},
      {{.image_count = 1, .width = 511, .height = 511, .encoder_depth = 45}, DataParallelRule::kDeepEncoder},
      {{.image_count = 1, .width = 511, .height = 511, .encoder_depth = 44},
       DataParallelRule::kNothingSpeaksFor},
  };
  for (const Row& row : rows) {
    CAPTURE(row.batch.image_count);
    CAPTURE(row.batch.width);
    CHECK(advise_data_parallel(row.batch).rule == row.rule);
  }
}

TEST_CASE("every combination agrees with the source, and counts as one of the two") {
  DataParallelCounts counts;
  std::uint64_t in_favour = 0;
  std::uint64_t asked = 0;
  for (const std::uint32_t images : {0U, 1U, 2U, 3U, 9U, 10U, 11U, 100U}) {
    for (const std::uint32_t width : {0U, 255U, 256U, 257U, 511U, 512U, 513U}) {
      for (const std::uint32_t height : {0U, 255U, 256U, 257U, 511U, 512U, 513U}) {
        for (const std::uint32_t depth : {0U, 27U, 44U, 45U, 46U}) {
          const DataParallelAdvice advice = advise_data_parallel(
              {.image_count = images, .width = width, .height = height, .encoder_depth = depth});
          CHECK(advice.recommended == reference(images, width, height, depth));
          CHECK(advice.engine_flag == (advice.recommended ? "--mm-encoder-tp-mode data" : ""));
          counts.count(advice);
          in_favour += advice.recommended ? 1 : 0;
          ++asked;
        }
      }
    }
  }
  CHECK(counts.recommendations() == in_favour);
  CHECK(counts.recommendations() + counts.refusals() == asked);
}

TEST_CASE("the defaults of the source: a batch of one 512 by 512 image") {
  CHECK(advise_data_parallel({}).recommended);
  CHECK(std::string_view(name_of(advise_data_parallel({}).rule)) == "large_images");
}

}  // namespace
}  // namespace cachebench::cache
