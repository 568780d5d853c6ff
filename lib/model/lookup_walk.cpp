// SPDX-License-Identifier: Apache-2.0
#include "model/lookup_walk.h"

namespace cachebench::model {
namespace {

/// What the hits so far make unnecessary.
class Coverage {
 public:
  /// A block of the leading run was a hit.
  void extend_run(const TokenSpan& block) { run_.end = block.end; }
  void add_hit(const Artefact& hit) {
    switch (hit.kind) {
      case ArtefactKind::kFusionOutput:
      case ArtefactKind::kTextImagePair:
        everything_ = true;
        break;
      case ArtefactKind::kVisionEncoderOutput:
        image_ = hit.image;
        break;
      case ArtefactKind::kLanguageEncoderOutput:
        text_ = true;
        break;
      default:
        break;
    }
  }
  [[nodiscard]] bool covers(const Artefact& artefact) const {
    if (everything_ || (run_.end > 0 && run_.contains(artefact.span))) return true;
    if (artefact.kind == ArtefactKind::kImage) return image_ != kNoImage && artefact.image == image_;
    return artefact.kind == ArtefactKind::kText && text_;
  }

 private:
  TokenSpan run_;  // leading blocks that hit
  bool everything_ = false;
  bool text_ = false;
  std::uint32_t image_ = kNoImage;  // the last vision output that hit; its image follows it at once
};

}  // namespace

void walk(const Plan& plan, const std::function<bool(std::size_t)>& probe,
          const std::function<void(std::size_t, Outcome)>& skip) {
  const std::size_t count = plan.artefacts.size();
  std::size_t i = 0;
  if (plan.independent) {
    for (; i < count; ++i) static_cast<void>(probe(i));
    return;
  }
  Coverage coverage;
  bool gap = false;
  for (; i < plan.chain; ++i) {
    if (gap) {
      skip(i, Outcome::kMiss);
    } else if (probe(i)) {
      coverage.extend_run(plan.artefacts[i].span);
    } else {
      gap = true;
    }
  }
  for (; i < count; ++i) {
    const Artefact& artefact = plan.artefacts[i];
    if (coverage.covers(artefact)) {
      skip(i, Outcome::kCovered);
    } else if (probe(i)) {
      coverage.add_hit(artefact);
    }
  }
}

}  // namespace cachebench::model
