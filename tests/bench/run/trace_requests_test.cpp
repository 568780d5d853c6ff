// SPDX-License-Identifier: Apache-2.0
#include "bench/run/trace_requests.h"

#include <doctest/doctest.h>

#include "bench/config/run_config.h"
#include "bench/run/workload.h"
#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "pipeline/caching/artefact_plan.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::bench;

namespace {

RunConfig chat(std::uint64_t limit) {
  RunConfig config = default_config();
  config.trace.path = CACHEBENCH_SOURCE_DIR "/workloads/chat.jsonl.zst";
  config.trace.limit = limit;
  config.geometry = "tiny";
  return config;
}

}  // namespace

TEST_CASE("a replayed request has the keys that a simulation of the trace has") {
  const RunConfig config = chat(40);
  const model::Geometry geometry = model::geometry_named("tiny");
  const TraceRequests requests = trace_requests(config, geometry);
  REQUIRE(requests.requests.size() == 40);
  pipeline::PlannerOptions options;
  options.kinds.fill(true);
  options.block_tokens = requests.block_tokens;
  pipeline::RequestPlanner planner(geometry, options);
  Workload workload(config);
  model::Plan simulated;
  pipeline::RequestPlan planned;
  for (std::size_t i = 0; i < requests.requests.size(); ++i) {
    pipeline::AsyncMultimodalRequest request = requests.requests[i].request;
    request.max_new_tokens = 1;  // nothing is left out of its plan
    planner.plan(request, i, planned);
    REQUIRE(workload.next(simulated));
    REQUIRE(planned.plan.artefacts.size() == simulated.artefacts.size());
    CHECK(planned.plan.chain == simulated.chain);
    for (std::size_t k = 0; k < simulated.artefacts.size(); ++k) {
      CHECK(planned.plan.artefacts[k].key == simulated.artefacts[k].key);
      CHECK(planned.plan.artefacts[k].kind == simulated.artefacts[k].kind);
      CHECK(planned.plan.artefacts[k].span == simulated.artefacts[k].span);
    }
  }
}

TEST_CASE("answers are as long as recorded, and cut at the limit") {
  RunConfig config = chat(20);
  config.pipeline.max_new_tokens = 5;
  for (const TimedRequest& one : trace_requests(config, model::geometry_named("tiny")).requests) {
    CHECK(one.request.max_new_tokens >= 1);
    CHECK(one.request.max_new_tokens <= 5);
    CHECK_FALSE(one.request.stop_at_end);
  }
}

TEST_CASE("a prompt known by its blocks alone becomes a text a block") {
  trace::Request request;
  request.has_blocks = true;
  request.prefix_blocks = {{.key = hash_key("a"), .tokens = 512}, {.key = hash_key("b"), .tokens = 100}};
  trace::Header header;
  header.blocks_only = true;
  const auto made = to_pipeline_request(request, header, model::geometry_named("tiny"));
  REQUIRE(made.parts.size() == 2);
  CHECK(std::get<pipeline::TextContentPart>(made.parts[1]).content == hash_key("b"));
  CHECK(std::get<pipeline::TextContentPart>(made.parts[1]).tokens == 100);
}

TEST_CASE("a trace of plain objects cannot be answered") {
  const testing::TempDir folder;
  const std::string path = folder / "objects.csv";
  write_file(path, "time,key,size\n0,1,10\n1,2,20\n");
  RunConfig config = chat(2);
  config.trace.path = path;
  CHECK_THROWS_AS(static_cast<void>(trace_requests(config, model::geometry_named("tiny"))), Error);
}

TEST_CASE(
    "pictures are made once, of the stated size, and the same ones again when there is no room for them") {
  const RunConfig config = chat(40);
  const TraceRequests requests = trace_requests(config, model::geometry_named("tiny"));
  const ContentSource content;
  const pipeline::ContentSource made = picture_source(content, requests.requests);
  const pipeline::ContentSource none = picture_source(content, requests.requests, Bytes{0});
  std::size_t images = 0;
  for (const TimedRequest& one : requests.requests) {
    for (const pipeline::RequestPart& part : one.request.parts) {
      const auto* image = std::get_if<pipeline::ImageContentPart>(&part);
      if (image == nullptr) continue;
      const auto picture = made(image->content, image->size);
      REQUIRE(picture != nullptr);
      CHECK(picture->size() == image->size);
      CHECK(none(image->content, image->size) == nullptr);
      if (++images == 1) CHECK(*pipeline::load_image(part, none) == *picture);
    }
  }
  CHECK(images > 0);
}

TEST_CASE(
    "what cannot be read or asked for is refused at its place; files that are no pictures fail who asks") {
  const testing::TempDir folder;
  const std::string path = folder / "mixed.jsonl";
  write_file(path,
             "{\"format\":\"cachebench-trace\",\"version\":1}\n"
             "{\"t\":5,\"inputs\":[{\"kind\":\"image\",\"hash\":\"junk\",\"width\":64,\"height\":64}]}\n"
             "nothing of the kind\n"
             "{\"t\":7,\"inputs\":[{\"kind\":\"text\",\"hash\":\"a\",\"tokens\":10000000}]}\n"
             "{\"t\":8,\"inputs\":[{\"kind\":\"text\",\"hash\":\"a\",\"tokens\":3}]}\n");
  RunConfig config = chat(100);
  config.trace.path = path;
  const TraceRequests read = trace_requests(config, model::geometry_named("tiny"));
  REQUIRE(read.requests.size() == 4);
  CHECK(read.requests[0].refused == "");
  CHECK(read.requests[1].refused.find("mixed.jsonl:3: ") != std::string::npos);
  CHECK(read.requests[1].arrival == read.requests[0].arrival);
  CHECK(read.requests[2].refused.find("mixed.jsonl:4: request 1: a prompt of more than") !=
        std::string::npos);
  CHECK(read.requests[3].refused == "");
  CHECK(read.requests[3].where.ends_with("mixed.jsonl:5"));
  CHECK(read.requests[1].request.id != read.requests[2].request.id);
  write_file(folder / "junk", "no picture");
  const ContentSource content(folder.path().string());
  const pipeline::ContentSource pictures = picture_source(content, read.requests);
  const auto& image = std::get<pipeline::ImageContentPart>(read.requests[0].request.parts[0]);
  CHECK_THROWS_AS(static_cast<void>(pictures(image.content, image.size)), Error);
}
