// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "core/ids.h"
#include "image/image.h"
#include "pipeline/request.h"

/// Pixels of a request's images, wherever they come from. Stateless; throws Error{kInput} "NAME: reason" for
/// a file that is missing, broken or no picture.
namespace cachebench::pipeline {

/// Where pictures known by their key are kept; null for one it does not have. Thread-safe.
using ContentSource = std::function<std::shared_ptr<const image::Image>(const Key&, image::Size)>;

/// Side of a picture whose size nobody stated, in pixels.
inline constexpr std::uint32_t kUnstatedImageSide = 512;

[[nodiscard]] bool is_image(const RequestPart& part);
/// REQUIRES: is_image. Pictures by key come from `contents`, or are drawn from the key.
[[nodiscard]] std::shared_ptr<const image::Image> load_image(const RequestPart& part,
                                                             const ContentSource& contents);
/// The size as far as it can be told without opening a file: for forming batches.
[[nodiscard]] image::Size expected_size(const RequestPart& part);

}  // namespace cachebench::pipeline
