// SPDX-License-Identifier: Apache-2.0
// What the host does before the model: a JPEG to pixels of the right size, text to token ids.
#include <string>

#include "bench/calibrate/part.h"
#include "core/registry.h"
#include "image/bicubic.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/scene.h"
#include "model/geometry.h"
#include "pipeline/tokenize.h"

namespace cachebench::bench {
namespace {

constexpr image::Size kPicture{1024, 768};
constexpr std::size_t kWords = 4096;

void measure_picture(Session& session) {
  const std::vector<std::byte> file =
      image::encode_jpeg(image::draw_scene({.seed = 1, .size = kPicture}), 90);
  const model::ImageGrid grid = model::geometry_named("2b").grid_of(kPicture.width, kPicture.height);
  const image::Size target{static_cast<std::uint32_t>(grid.width), static_cast<std::uint32_t>(grid.height)};
  const auto spread = session.measure({.name = "preprocess_pixel", .unit = "ns"}, [&] {
    const Nanoseconds begun = session.clock().now();
    const image::Image picture = image::decode({.name = "calibration picture", .bytes = file});
    const image::Image resized = image::resize_bicubic(picture, target);
    return static_cast<double>((session.clock().now() - begun).count()) /
           static_cast<double>(kPicture.pixels());
  });
  if (spread)
    session.set_figure("preprocess_ns", spread->median, *spread, "a JPEG of 1024x768 decoded and resized");
}

void measure_text(Session& session) {
  std::string text;
  for (std::size_t i = 0; i < kWords; ++i) text += (i % 9 == 8 ? ", " : " ") + std::string(1 + i % 7, 'a');
  const pipeline::TokenSpace space{.vocabulary = 151'936};
  const double tokens = static_cast<double>(pipeline::count_tokens(text));
  const auto spread = session.measure({.name = "tokenize_token", .unit = "ns", .weight = 0.5}, [&] {
    const Nanoseconds begun = session.clock().now();
    const std::vector<std::int64_t> ids = pipeline::tokenize(text, space);
    return static_cast<double>((session.clock().now() - begun).count()) / tokens;
  });
  if (spread)
    session.set_figure("tokenize_ns", spread->median, *spread,
                       "the pipeline's own tokeniser, which has no merges");
}

void run(Session& session) {
  measure_picture(session);
  measure_text(session);
}

CACHEBENCH_REGISTER(CalibrationPart, {.name = "preprocess",
                                      .order = 80,
                                      .doc = "Pictures to pixels and text to tokens, on the host",
                                      .run = run});

}  // namespace
}  // namespace cachebench::bench
