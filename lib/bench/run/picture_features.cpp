// SPDX-License-Identifier: Apache-2.0
#include "bench/run/picture_features.h"

#include "core/error.h"
#include "image/decode.h"
#include "image/resize.h"

namespace cachebench::bench {
namespace {

constexpr image::Size kCells{32, 32};
constexpr std::size_t kMostKept = 4096;  // 12 KiB each

PictureFeatures::Feature feature_of(std::span<const std::byte> file) {
  if (file.empty()) return nullptr;
  try {
    const image::Image small =
        image::resize_area(image::decode({.name = "a content file", .bytes = file}), kCells);
    auto feature = std::make_shared<std::vector<float>>();
    feature->reserve(small.bytes().size());
    for (const std::uint8_t value : small.bytes())
      feature->push_back(static_cast<float>(value) / 127.5F - 1.0F);
    return feature;
  } catch (const Error&) {  // a text, a film, a picture in another format
    return nullptr;
  }
}

}  // namespace

PictureFeatures::Feature PictureFeatures::of(const ContentSource& source, const Key& content) {
  {
    const MutexLock lock(mutex_);
    if (const auto found = known_.find(content); found != known_.end()) return found->second;
  }
  Feature made = feature_of(source.file(content));
  const MutexLock lock(mutex_);
  if (known_.size() < kMostKept) known_.emplace(content, made);
  return made;
}

}  // namespace cachebench::bench
