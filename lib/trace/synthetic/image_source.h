// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "core/rng.h"
#include "trace/synthetic/content.h"
#include "trace/synthetic/spec.h"
#include "trace/synthetic/zipf.h"

/// New images of a client, as its spec describes them: sizes, popularity of a shared catalogue,
/// near-duplicates. Refers to the spec; one thread.
namespace cachebench::trace {

class ImageSource {
 public:
  ImageSource(const ImageSpec& spec, ContentMint& mint);
  /// An image a session shows for the first time: shared, an altered copy of `seen` (where there is one), or
  /// fresh. Sizes come from `tokens` where given, so that they follow that distribution whichever it is.
  [[nodiscard]] Input draw(Rng& rng, const std::optional<Distribution>& tokens, const Input* seen);
  /// A size alone.
  [[nodiscard]] ImageShape shape(Rng& rng, const std::optional<Distribution>& tokens) const;
  [[nodiscard]] const ImageSpec& spec() const { return spec_; }

 private:
  [[nodiscard]] Input draw_shared(Rng& rng, const std::optional<Distribution>& tokens) const;
  const ImageSpec& spec_;
  ContentMint& mint_;
  std::optional<ZipfSampler> popularity_;
  Distribution sizes_;  ///< index into `spec_.sizes`
};

}  // namespace cachebench::trace
