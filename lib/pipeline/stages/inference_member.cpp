// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/inference_member.h"

#include <algorithm>

#include "core/check.h"

namespace cachebench::pipeline {

std::size_t InferenceMember::find(ArtefactKind kind, std::uint32_t number) const {
  const std::vector<model::Artefact>& artefacts = cached.plan.plan.artefacts;
  for (std::size_t i = cached.plan.plan.chain; i < artefacts.size(); ++i) {
    if (artefacts[i].kind == kind && artefacts[i].image == number) return i;
  }
  return kNoArtefact;
}

std::uint64_t InferenceMember::run_end() const {
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < cached.plan.plan.chain && hit(i); ++i)
    end = cached.plan.plan.artefacts[i].span.end;
  return end;
}

const PlannedImage& InferenceMember::image(std::uint32_t number) const {
  const auto& images = cached.plan.images;
  const auto found =
      std::find_if(images.begin(), images.end(), [&](const PlannedImage& i) { return i.number == number; });
  CACHEBENCH_CHECK(found != images.end(), "no image {}", number);
  return *found;
}

void load_pixels(const InferenceContext& context, InferenceMember& member, std::uint32_t number) {
  const std::size_t artefact = member.find(ArtefactKind::kImage, number);
  if (member.pixels[number].values || member.hit(artefact)) return;
  const auto picture =
      load_image(member.running.request().parts[member.image(number).part], context.contents);
  member.pixels[number] = context.runner.preprocess(
      {.width = picture->width(), .height = picture->height(), .rgb = std::as_bytes(picture->bytes())});
}

}  // namespace cachebench::pipeline
