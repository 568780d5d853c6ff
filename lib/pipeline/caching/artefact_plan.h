// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "image/image.h"
#include "model/artefact.h"
#include "model/geometry.h"
#include "model/lowering.h"
#include "model/model_runner.h"
#include "pipeline/request.h"
#include "trace/request.h"

/// A request as the artefacts that a cache may have of it. Content is known by its identity alone: the header
/// of an image file is read, and no pixel decoded. What a trace calls a content keeps its name, so requests
/// of a replayed trace share what they share in a simulation of it. Thread-compatible, one a thread.
namespace cachebench::pipeline {

/// Which kinds of artefacts are asked for and offered, by number.
using CachedKinds = std::array<bool, kArtefactKinds>;
/// All that a prompt is made of but `text`: token ids are made in less time than they are fetched in.
[[nodiscard]] CachedKinds served_kinds();
[[nodiscard]] inline bool is_cached(const CachedKinds& kinds, ArtefactKind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}

/// An image of a prompt; one a place, so the same content may come twice.
struct PlannedImage {
  std::size_t part = 0;      ///< of the request
  model::PatchGrid grid;     ///< after the resize rule
  std::uint32_t number = 0;  ///< the model::Artefact::image of its artefacts
};

struct RequestPlan {
  model::Plan plan;  ///< of the kinds that are cached
  std::vector<PlannedImage> images;
};

struct PlannerOptions {
  CachedKinds kinds = served_kinds();
  std::uint32_t block_tokens = 16;  ///< of a K/V block
};

class RequestPlanner {
 public:
  RequestPlanner(const model::Geometry& geometry, const PlannerOptions& options);
  /// Replaces `out`. Answers of more than a token need the K/V of the whole prompt, and hidden states that
  /// jump over layers do not have them: `fusion_output` and `language_encoder_output` are planned for
  /// requests of at most one token alone. Throws Error{kInput} for files that are no images, images that the
  /// resize rule refuses and prompts that are too long.
  void plan(const AsyncMultimodalRequest& request, std::uint64_t sequence, RequestPlan& out);

 private:
  void add_image(const AsyncMultimodalRequest& request, std::size_t part, RequestPlan& out);
  void add_likenesses(model::Plan& plan) const;
  void keep_cached_kinds(bool reads_only, model::Plan& plan) const;

  const model::Geometry geometry_;
  const PlannerOptions options_;
  model::Lowerer lowerer_;
  trace::Request request_;
  std::vector<std::pair<Key, std::uint64_t>> seen_;         // images of the request so far: content, size
  std::vector<std::optional<model::Likeness>> likenesses_;  // of those
};

}  // namespace cachebench::pipeline
