// SPDX-License-Identifier: Apache-2.0
#include "pipeline/caching/artefact_plan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "core/error.h"
#include "core/hash.h"
#include "image/encode.h"
#include "image/scene.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

AsyncMultimodalRequest with(std::vector<RequestPart> parts, std::uint64_t new_tokens = 4) {
  AsyncMultimodalRequest request;
  request.parts = std::move(parts);
  request.max_new_tokens = new_tokens;
  return request;
}

RequestPlan plan_of(const AsyncMultimodalRequest& request, PlannerOptions options = {}) {
  RequestPlanner planner(model::geometry_named("tiny"), options);
  RequestPlan plan;
  planner.plan(request, 0, plan);
  return plan;
}

std::size_t count(const RequestPlan& plan, ArtefactKind kind) {
  return static_cast<std::size_t>(std::count_if(plan.plan.artefacts.begin(), plan.plan.artefacts.end(),
                                                [&](const model::Artefact& a) { return a.kind == kind; }));
}

}  // namespace

TEST_CASE("a prompt with an image: blocks, pair, vision output and pixels") {
  const auto request =
      with({TextContentPart{.content = hash_key("q"), .tokens = 40},
            ImageContentPart{.content = hash_key("p"), .size = {.width = 64, .height = 128}}});
  const RequestPlan plan = plan_of(request);
  CHECK(plan.plan.chain == 3);  // 40 + 8 tokens in full blocks of 16
  CHECK(count(plan, ArtefactKind::kKvBlock) + count(plan, ArtefactKind::kCrossModalAttention) == 3);
  CHECK(count(plan, ArtefactKind::kTextImagePair) == 1);
  CHECK(count(plan, ArtefactKind::kVisionEncoderOutput) == 1);
  CHECK(count(plan, ArtefactKind::kImage) == 1);
  CHECK(count(plan, ArtefactKind::kFusionOutput) == 0);  // an answer needs keys and values
  CHECK(count(plan, ArtefactKind::kText) == 0);
  REQUIRE(plan.images.size() == 1);
  CHECK(plan.images[0].part == 1);
  CHECK(plan.images[0].grid == model::PatchGrid{.frames = 1, .rows = 8, .columns = 4});
}

TEST_CASE("what only reads may go on from hidden states") {
  const std::vector<RequestPart> text{TextContentPart{.content = hash_key("q"), .tokens = 40}};
  CHECK(count(plan_of(with(text, 1)), ArtefactKind::kLanguageEncoderOutput) == 1);
  CHECK(count(plan_of(with(text, 2)), ArtefactKind::kLanguageEncoderOutput) == 0);
}

TEST_CASE("kinds that are not cached are not planned, and a chain is whole or not there") {
  PlannerOptions options;
  options.kinds.fill(false);
  options.kinds[static_cast<std::size_t>(ArtefactKind::kKvBlock)] = true;
  const auto text = with({TextContentPart{.content = hash_key("q"), .tokens = 40}});
  CHECK(plan_of(text, options).plan.artefacts.size() == 2);
  const auto image = with({ImageContentPart{.content = hash_key("p"), .size = {.width = 64, .height = 128}},
                           TextContentPart{.content = hash_key("q"), .tokens = 40}});
  CHECK(plan_of(image, options).plan.artefacts.empty());  // its blocks hold image rows: another kind
  CHECK(plan_of(image, options).plan.chain == 0);
}

TEST_CASE("the same image twice is one image in two places") {
  const ImageContentPart image{.content = hash_key("p"), .size = {.width = 64, .height = 64}};
  const RequestPlan plan =
      plan_of(with({image, TextContentPart{.content = hash_key("q"), .tokens = 3}, image,
                    ImageContentPart{.content = hash_key("other"), .size = {.width = 64, .height = 64}}}));
  REQUIRE(plan.images.size() == 3);
  CHECK(plan.images[0].number == 0);
  CHECK(plan.images[1].number == 0);
  CHECK(plan.images[2].number == 1);
  CHECK(count(plan, ArtefactKind::kVisionEncoderOutput) == 2);
}

TEST_CASE("files and pixels are known by what is in them") {
  auto picture = std::make_shared<const image::Image>(image::draw_scene({.seed = 4, .size = {80, 60}}));
  const auto bytes = std::make_shared<const std::vector<std::byte>>(image::encode_jpeg(*picture, 90));
  const RequestPlan a = plan_of(with({ImageBytesPart{.bytes = bytes, .name = "a"}}));
  const RequestPlan b = plan_of(with({ImageBytesPart{.bytes = bytes, .name = "b"}}));
  CHECK(a.plan.artefacts.back().key == b.plan.artefacts.back().key);
  const RequestPlan c = plan_of(with({PicturePart{.picture = picture}}));
  CHECK(c.plan.artefacts.size() == a.plan.artefacts.size());
  CHECK_THROWS_AS(static_cast<void>(plan_of(with({ImageFilePart{.path = "/no/such.png"}}))), Error);
  CHECK_THROWS_AS(static_cast<void>(plan_of(with({ImageBytesPart{}}))), Error);
}

TEST_CASE("texts of the same tokens share blocks only as far as they are the same") {
  const auto tokens = [](std::int64_t last) {
    std::vector<std::int64_t> ids(32, 5);
    ids.back() = last;
    return plan_of(with({TextContentPart{.content = hash_key("s"), .tokens = 16}, TokensPart{.ids = ids}}));
  };
  const RequestPlan a = tokens(1);
  const RequestPlan b = tokens(2);
  CHECK(a.plan.artefacts[0].key == b.plan.artefacts[0].key);
  CHECK(a.plan.artefacts[2].key != b.plan.artefacts[2].key);
}

TEST_CASE(
    "what tells that pictures are like one another goes with the image and what the tower makes of it") {
  AsyncMultimodalRequest request;
  const model::Likeness likeness{.code = 7, .meaning = hash_key("same"), .content = {}};
  request.parts.emplace_back(ImageContentPart{.content = hash_key("a"), .size = {64, 64}});
  request.parts.emplace_back(
      ImageContentPart{.content = hash_key("b"), .size = {64, 64}, .likeness = likeness});
  RequestPlan plan;
  RequestPlanner(model::geometry_named("tiny"), {}).plan(request, 0, plan);
  int likened = 0;
  for (const model::Artefact& artefact : plan.plan.artefacts) {
    if (artefact.image == 1) {
      CHECK(artefact.likeness == likeness);
      ++likened;
    } else {
      CHECK_FALSE(artefact.likeness.has_value());
    }
  }
  CHECK(likened == 2);
}
