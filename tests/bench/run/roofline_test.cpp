// SPDX-License-Identifier: Apache-2.0
#include "bench/run/roofline.h"

#include <doctest/doctest.h>

#include "hardware/profile.h"
#include "model/backend_loader.h"

using namespace cachebench;
using namespace cachebench::bench;

namespace {

std::unique_ptr<CountingRunner> counting(Work* asked) {
  model::RunnerOptions options;
  options.spend = [asked](const Work& work) {
    asked->flops += work.flops;
    asked->bytes_moved += work.bytes_moved;
  };
  return std::make_unique<CountingRunner>(model::load_runner("modelled").make(options));
}

result::Pipeline two_stages() {
  result::Pipeline pipeline;
  pipeline.elapsed_ns = 3'000'000'000;
  pipeline.stages = {{.name = "load", .workers = 1, .busy_ns = 1'000'000'000},
                     {.name = "compute", .workers = 8, .busy_ns = 9'000'000'000}};
  return pipeline;
}

}  // namespace

TEST_CASE("work is counted as a runner that is asked for it one by one spends it") {
  Work asked;
  const auto runner = counting(&asked);
  model::PromptTokens prompt;
  prompt.ids = {1, 2, 3, 4, 5};
  const model::PrefillItem item{.prompt = &prompt};
  auto outcomes = runner->prefill(std::span(&item, 1));
  REQUIRE(!outcomes[0].error);
  CHECK(runner->work().work.flops == asked.flops);
  CHECK(runner->work().work.bytes_moved == asked.bytes_moved);
  const model::DecodeItem next{.sequence = outcomes[0].sequence.get(), .token = 7};
  REQUIRE(!runner->decode(std::span(&next, 1))[0].error);
  CHECK(runner->work().work.flops == asked.flops);
  CHECK(runner->work().work.bytes_moved == asked.bytes_moved);
  CHECK(runner->work().busy > Nanoseconds{0});
  const model::DecodeItem none{.sequence = nullptr, .token = 7};
  CHECK(runner->decode(std::span(&none, 1))[0].error.has_value());
  CHECK(runner->work().work.flops == asked.flops);
  runner->reset_work();
  CHECK(runner->work().work.flops == 0);
}

TEST_CASE("an image is counted by its patches, and one that is refused not at all") {
  Work asked;
  const auto runner = counting(&asked);
  const std::vector<std::byte> rgb(std::size_t{3} * 64 * 64);
  const model::Pixels pixels = runner->preprocess({.width = 64, .height = 64, .rgb = rgb});
  asked = {};
  const model::Pixels images[] = {pixels, {}};
  const auto outcomes = runner->encode(images);
  CHECK(!outcomes[0].error);
  CHECK(outcomes[1].error.has_value());
  CHECK(runner->work().work.flops == asked.flops);
}

TEST_CASE("the model's own time stands for its stage, and cores and passes bound it") {
  const hardware::Profile profile = hardware::find_profile(hardware::kDefaultProfile);
  const result::Pipeline pipeline = two_stages();
  ModelWork model;
  model.work.flops = 1'000'000'000;
  model.work.bytes_moved = 1'000'000;
  model.busy = std::chrono::seconds(2);
  const result::Roofline roofline = roofline_of({.pipeline = pipeline,
                                                 .stage_cpu = {Nanoseconds{1'000}, Nanoseconds{0}},
                                                 .model = model,
                                                 .process_cpu = std::chrono::milliseconds(1),
                                                 .compute_slots = 1,
                                                 .spare_hands = 1,
                                                 .modelled = true,
                                                 .profile = profile});
  REQUIRE(roofline.stages.size() == 2);
  CHECK(roofline.stages[0].resource == "lower tiers");
  CHECK(roofline.stages[1].resource == "device");
  CHECK(roofline.stages[1].basis == "emulated");
  CHECK(roofline.serial_ns() == 3'000'000'000);
  REQUIRE(roofline.limit() != nullptr);
  CHECK(roofline.limit()->name == "device");
  CHECK(roofline.speedup_bound().value() == doctest::Approx(1.5));
  REQUIRE(roofline.compute.has_value());
  CHECK(roofline.compute->basis == "modelled");
  CHECK(roofline.compute->peak_flops_per_second == profile.flops_per_second);
}

TEST_CASE("channels take their bytes at the profile's rates") {
  hardware::Profile profile;
  profile.h2d.bytes_per_second = 1e9;
  profile.ssd_read.bytes_per_second = 2e9;
  result::Roofline roofline;
  add_channels(profile, {.inputs = Bytes{500'000'000}, .tiers_up = {}, .ssd_read = {}}, roofline);
  REQUIRE(roofline.resources.size() == 1);
  CHECK(roofline.resources[0].name == "link up");
  CHECK(roofline.resources[0].busy_ns == 500'000'000);
  add_channels(profile, {.inputs = {}, .tiers_up = {}, .ssd_read = Bytes{1'000'000'000}}, roofline);
  REQUIRE(roofline.resources.size() == 2);
  CHECK(roofline.resources[1].basis == "modelled");
  CHECK(roofline.resources[1].busy_ns == 500'000'000);
}
