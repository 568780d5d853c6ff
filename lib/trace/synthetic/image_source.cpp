// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/image_source.h"

#include <utility>
#include <vector>

#include "trace/synthetic/session.h"

namespace cachebench::trace {
namespace {

// Where a spec gives neither sizes nor tokens.
constexpr std::uint32_t kUsualWidth = 1024;
constexpr std::uint32_t kUsualHeight = 768;

Distribution index_by_weight(const std::vector<ImageSize>& sizes) {
  std::vector<std::pair<std::uint64_t, double>> weights;
  for (const ImageSize& size : sizes) weights.emplace_back(weights.size(), size.weight);
  return weights.empty() ? Distribution(0) : Distribution::histogram(std::move(weights));
}

}  // namespace

ImageSource::ImageSource(const ImageSpec& spec, ContentMint& mint)
    : spec_(spec), mint_(mint), sizes_(index_by_weight(spec.sizes)) {
  if (spec.shared_share > 0) popularity_.emplace(spec.shared_objects, spec.shared_alpha);
}

ImageShape ImageSource::shape(Rng& rng, const std::optional<Distribution>& tokens) const {
  ImageShape shape{.width = kUsualWidth, .height = kUsualHeight, .bytes = 0, .tokens = {}};
  if (tokens) {
    shape = shape_of_tokens(tokens->sample(rng));
  } else if (!spec_.sizes.empty()) {
    const ImageSize& size = spec_.sizes[sizes_.sample(rng)];
    shape.width = size.width;
    shape.height = size.height;
  }
  const double pixels = static_cast<double>(shape.width) * static_cast<double>(shape.height);
  const double bits_per_pixel = spec_.bits_per_pixel * (0.7 + 0.6 * rng.uniform());
  shape.bytes = static_cast<std::uint64_t>(pixels * bits_per_pixel / 8.0);
  return shape;
}

Input ImageSource::draw_shared(Rng& rng, const std::optional<Distribution>& tokens) const {
  const std::uint64_t object = popularity_->sample(rng);
  if (tokens) {
    // One catalogue for each size, so that sizes follow their distribution however popular an image is.
    const std::uint64_t size = tokens->sample(rng);
    Rng own(splitmix64(size) ^ object);
    const Distribution fixed(size);
    return mint_.named_image({kSharedImageBase + size, object}, shape(own, fixed));
  }
  Rng own(object);
  return mint_.named_image({kSharedImageBase, object}, shape(own, tokens));
}

Input ImageSource::draw(Rng& rng, const std::optional<Distribution>& tokens, const Input* seen) {
  const double which = rng.uniform();
  if (which < spec_.shared_share) return draw_shared(rng, tokens);
  if (seen != nullptr && which < spec_.shared_share + spec_.near_share) {
    return mint_.near_duplicate(*seen, spec_.near_max_bits, rng);
  }
  return mint_.image(shape(rng, tokens));
}

}  // namespace cachebench::trace
