// SPDX-License-Identifier: Apache-2.0
#include "bench/run/visual_run.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "bench/config/load.h"
#include "bench/run/run_of.h"
#include "core/rng.h"
#include "hardware/profile.h"
#include "result/json.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::bench;
using cache::VisualModality;

namespace {

trace::Input input_of(trace::InputKind kind, const std::string& hash, std::uint32_t side = 64) {
  trace::Input input;
  input.kind = kind;
  input.hash = hash;
  if (!hash.empty()) input.content = Key{0, static_cast<std::uint64_t>(hash.back())};
  if (side != 0) input.width = input.height = side;
  return input;
}

model::Geometry tiny() {
  return model::geometry_named("tiny");
}

// Conversations about pictures: each request sends some of 30, most often the first ones.
std::string write_trace(const testing::TempDir& folder, int requests) {
  std::string text =
      R"({"format":"cachebench-trace","version":1,"name":"pictures","time_unit":"us","block_tokens":16})"
      "\n";
  Rng rng(5);
  for (int i = 0; i < requests; ++i) {
    text += fmt::format(R"({{"t":{},"id":{},"inputs":[{{"kind":"text","hash":"q{}","tokens":20}})", i * 1000,
                        i, i);
    for (std::uint64_t n = rng.below(3) + 1; n > 0; --n) {
      text += fmt::format(R"(,{{"kind":"image","hash":"p{}","width":64,"height":64}})",
                          rng.below(rng.below(30) + 1));
    }
    text += "]}\n";
  }
  testing::write_text(folder / "pictures.jsonl", text);
  return folder / "pictures.jsonl";
}

RunConfig config_for(const testing::TempDir& folder, int requests = 200) {
  RunConfig config = default_config();
  config.trace.path = write_trace(folder, requests);
  config.geometry = "tiny";
  config.cache.directory = folder / "cache";
  config.cache.cold = true;
  for (TierSection& tier : config.cache.tiers) tier.capacity = parse_size("4MiB");
  config.visual.enabled = true;
  config.visual.max_entries = 10;
  return config;
}

}  // namespace

TEST_CASE("a request's references: modality, size, embedding, each content once") {
  const model::Geometry geometry = tiny();
  trace::Request request;
  const std::string sha(64, 'a');
  trace::Input video = input_of(trace::InputKind::kVideo, "v");
  video.frames = 5;
  trace::Input audio = input_of(trace::InputKind::kAudio, "s", 0);
  audio.seconds = 2;
  request.inputs = {input_of(trace::InputKind::kText, "t"),
                    input_of(trace::InputKind::kImage, sha),
                    input_of(trace::InputKind::kImage, sha),
                    input_of(trace::InputKind::kImage, "b"),
                    video,
                    audio};
  const auto media = media_of(request, {}, geometry);
  REQUIRE(media.size() == 4);
  const std::uint64_t tokens = geometry.grid_of(64, 64).visual_tokens;
  CHECK(media[0].content_hash == sha);
  CHECK(media[0].modality == VisualModality::kImage);
  CHECK(media[0].resolution == cache::Resolution{.width = 64, .height = 64});
  CHECK(media[0].embedding == geometry.vision_output(tokens));
  CHECK(media[0].encoder.flops == geometry.vision_flops(geometry.grid_of(64, 64).patches));
  CHECK_NOTHROW((void)cache::parse_content_hash(media[1].content_hash));
  CHECK(media[2].modality == VisualModality::kVideo);
  CHECK(media[2].embedding == geometry.vision_output(3 * tokens));
  CHECK(media[3].embedding == geometry.image_embedding(50));
  trace::Header header;
  header.blocks_only = true;
  CHECK(media_of(request, header, geometry).empty());
}

TEST_CASE("content without identity never repeats") {
  const model::Geometry geometry = tiny();
  trace::Request request;
  request.inputs = {input_of(trace::InputKind::kImage, ""), input_of(trace::InputKind::kImage, "")};
  const auto first = media_of(request, {}, geometry);
  request.sequence = 1;
  const auto second = media_of(request, {}, geometry);
  REQUIRE(first.size() == 2);
  CHECK(first[0].content_hash != first[1].content_hash);
  CHECK(first[0].content_hash != second[0].content_hash);
  request.inputs.clear();
  request.image_count = 3;
  trace::Header header;
  header.lengths_only = true;
  CHECK(media_of(request, header, geometry).size() == 3);
}

TEST_CASE("the batch of a request: how many pictures, and how large they are") {
  const model::Geometry geometry = tiny();
  trace::Request request;
  trace::Input audio = input_of(trace::InputKind::kAudio, "s", 0);
  audio.seconds = 1;
  request.inputs = {input_of(trace::InputKind::kImage, "a", 64), input_of(trace::InputKind::kImage, "b", 128),
                    audio};
  const cache::BatchShape batch = batch_of(media_of(request, {}, geometry), 30);
  CHECK(batch.image_count == 2);
  CHECK(batch.width == 128);
  CHECK(batch.encoder_depth == 30);
  CHECK(batch_of({}, 30).image_count == 0);
}

TEST_CASE("a run with a visual registry: counts add up, both modes agree, the tiers do not notice") {
  const testing::TempDir folder;
  RunConfig config = config_for(folder);
  const result::RunResult simulated = run_of(config);
  REQUIRE(simulated.visual);
  const result::Visual& visual = *simulated.visual;
  CHECK(result::broken_identities(simulated).empty());
  CHECK(visual.hits > 50);
  CHECK(visual.misses >= 30);
  CHECK(visual.stored == visual.misses);
  CHECK(visual.entries == 10);
  CHECK(visual.evictions == visual.stored - 10);
  CHECK(visual.encoder_saved_ns > 0);
  CHECK(visual.dp_mode_recommendations + visual.dp_mode_refusals == 200);
  CHECK(visual.modalities.at("image") == result::VisualLookups{.hits = visual.hits, .misses = visual.misses});
  CHECK(run_of(config).visual == simulated.visual);
  config.mode = RunMode::kReal;
  CHECK(run_of(config).visual == simulated.visual);
  config.mode = RunMode::kSimulate;
  config.visual.enabled = false;
  const result::RunResult plain = run_of(config);
  CHECK_FALSE(plain.visual);
  CHECK(plain.decision_log_hash == simulated.decision_log_hash);
  CHECK(plain.totals.service_ns == simulated.totals.service_ns);
}

TEST_CASE("requests at a time share embeddings; what they use stays, even beyond what fits") {
  const testing::TempDir folder;
  RunConfig config = config_for(folder);
  config.load.in_flight = 8;
  config.visual.max_entries = 3;
  const result::RunResult shared = run_of(config);
  REQUIRE(shared.visual);
  CHECK(shared.visual->most_users > 1);
  CHECK(shared.visual->refusals > 0);
  CHECK(shared.visual->entries <= 3);
  CHECK(result::broken_identities(shared).empty());
  config.mode = RunMode::kReal;
  const result::RunResult real = run_of(config);
  CHECK(real.visual->hits + real.visual->misses == shared.visual->hits + shared.visual->misses);
  CHECK(result::broken_identities(real).empty());
}

TEST_CASE("the stable minimum refuses where it would evict; the warm-up is in no count") {
  const testing::TempDir folder;
  RunConfig config = config_for(folder);
  config.visual.minimum_stable_blocks = 10;
  const result::RunResult stable = run_of(config);
  CHECK(stable.visual->evictions == 0);
  CHECK(stable.visual->entries == 10);
  CHECK(stable.visual->refusals == stable.visual->misses - 10);
  config.load.warmup.requests = 100;
  const result::RunResult warm = run_of(config);
  CHECK(warm.visual->stored == 0);
  CHECK(warm.visual->hits + warm.visual->misses < stable.visual->hits + stable.visual->misses);
  CHECK(warm.visual->dp_mode_recommendations + warm.visual->dp_mode_refusals == 100);
  CHECK(result::broken_identities(warm).empty());
}

TEST_CASE("a trace of plain objects brings nothing") {
  const testing::TempDir folder;
  RunConfig config = config_for(folder);
  testing::write_text(folder / "objects.csv", "time,key,size\n0,1,10\n1,1,10\n");
  config.trace.path = folder / "objects.csv";
  const result::RunResult plain = run_of(config);
  REQUIRE(plain.visual);
  CHECK(plain.visual->hits + plain.visual->misses == 0);
}
