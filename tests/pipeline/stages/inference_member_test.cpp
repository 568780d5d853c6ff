// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/inference_member.h"

#include <doctest/doctest.h>

#include "core/hash.h"
#include "pipeline/stages/pipeline_rig.h"

using namespace cachebench;
using namespace cachebench::pipeline;

TEST_CASE("calls of the tower that were saved are none while more was encoded than has ended") {
  InferenceCounts::Values counts;
  counts.encoded = 3;
  CHECK(counts.encoder_calls_saved() == 0);
  counts.images = 5;
  CHECK(counts.encoder_calls_saved() == 2);
}

TEST_CASE("a member knows its artefacts by kind and image, and how far its blocks reach") {
  const PipelineRig rig(false);
  AsyncMultimodalRequest request;
  request.parts.emplace_back(TextContentPart{.content = hash_key("q"), .tokens = 40});
  for (const char* name : {"one", "two"})
    request.parts.emplace_back(ImageContentPart{.content = hash_key(name), .size = {64, 64}});
  InferenceMember member(0, {.request = &request, .submitted = {}}, rig.clock);
  RequestPlanner(rig.runner->geometry(), {}).plan(request, 0, member.cached.plan);
  member.cached.artefacts.resize(member.cached.plan.plan.artefacts.size());
  const std::size_t first = member.find(ArtefactKind::kVisionEncoderOutput, 0);
  const std::size_t second = member.find(ArtefactKind::kVisionEncoderOutput, 1);
  REQUIRE(first != kNoArtefact);
  REQUIRE(second != kNoArtefact);
  CHECK(first != second);
  CHECK(member.find(ArtefactKind::kVisionEncoderOutput, 2) == kNoArtefact);
  CHECK(member.find(ArtefactKind::kText) == kNoArtefact);
  CHECK(member.image(1).part == 2);
  CHECK_FALSE(member.hit(first));
  CHECK_FALSE(member.hit(kNoArtefact));
  CHECK(member.run_end() == 0);
  member.cached.artefacts[0].outcome = model::Outcome::kHit;
  member.cached.artefacts[1].outcome = model::Outcome::kHit;
  CHECK(member.run_end() == 32);
}
