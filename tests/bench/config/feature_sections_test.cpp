// SPDX-License-Identifier: Apache-2.0
#include "bench/config/feature_sections.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "bench/config/section_reader.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

template <typename Section, typename Read>
Section read_back(const Section& section, Read read) {
  const Json document{{"s", to_json(section)}};
  const Origin origin{.name = "c.json"};
  Section again;
  read(SectionReader(document, "", origin).below("s"), again);
  return again;
}

TEST_CASE("each section reads back as it was written, defaults and others") {
  CHECK(read_back(MultimodalSection{}, read_multimodal) == MultimodalSection{});
  MultimodalSection multimodal;
  multimodal.enabled = true;
  multimodal.capacity = SizeSpec{.absolute = {}, .share = 0.25, .is_share = true};
  multimodal.similarity = {.enabled = true, .threshold = 0.75, .top_k = 4, .text = false};
  multimodal.ttl = {.enabled = true, .default_ttl = Nanoseconds{1'500'000}};
  multimodal.compression.when = CompressWhen::kAlways;
  multimodal.quotas = {{"image", 0.5}, {"text", 0.125}};
  CHECK(read_back(multimodal, read_multimodal) == multimodal);

  const VisualSection visual{.enabled = true, .max_entries = 3, .eviction = RegistryEviction::kLru};
  CHECK(read_back(visual, read_visual) == visual);
  AsyncSection async;
  async.back_pressure = BackPressure::kShed;
  async.deadline = Nanoseconds{7};
  CHECK(read_back(async, read_async) == async);
  PipelineSection pipeline;
  pipeline.workers.compute = 3;
  pipeline.batcher = "arrival";
  CHECK(read_back(pipeline, read_pipeline) == pipeline);
}

}  // namespace
}  // namespace cachebench::bench
