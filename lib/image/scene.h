// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "image/image.h"

/// Made-up pictures that are unlike one another and have depth: shaded shapes one behind another before a
/// ground, so that a second eye beside the first sees near ones moved against far ones. For labelled sets on
/// machines without photographs. A pure function of the spec, the same on every machine.
namespace cachebench::image {

struct SceneSpec {
  std::uint64_t seed = 0;
  Size size = {640, 480};
  /// How far the nearest shapes move to the left for an eye moved to the right, as a share of the width; the
  /// ground stays.
  double parallax_share = 0;
};

[[nodiscard]] Image draw_scene(const SceneSpec& spec);

}  // namespace cachebench::image
