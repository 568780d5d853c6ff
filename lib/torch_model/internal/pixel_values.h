// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "image/image.h"
#include "model/geometry.h"
#include "model/mrope_positions.h"

/// From a picture to what the vision tower reads: resized by the model's rule (bicubic, antialiased), scaled
/// to -1 … 1, and cut into patches, four neighbours that merge into one visual token following one another.
/// No tensor library in sight. Pure function. Throws Error{kInput} for a picture the resize rule refuses.
namespace cachebench::torch_model {

struct PixelValues {
  model::PatchGrid grid;
  std::vector<float> values;  ///< [patches, channels · temporal_patch · patch²], row-major
};

[[nodiscard]] PixelValues pixel_values(const image::Image& picture, const model::Geometry& geometry);

}  // namespace cachebench::torch_model
