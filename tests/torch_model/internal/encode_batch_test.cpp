// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <atomic>

#include "torch_model/runner_fixture.h"

using namespace cachebench;
using cachebench::torch_model::testing::difference;
using cachebench::torch_model::testing::floats_of;
using cachebench::torch_model::testing::RunnerFixture;

TEST_CASE("images encoded together come out as each does alone, and a bad one fails alone") {
  RunnerFixture f;
  std::vector<model::Pixels> images{f.pixels({1, 4, 6}, 1), f.pixels({1, 2, 2}, 2), f.pixels({1, 8, 4}, 3)};
  images[1].grid = {1, 2, 4};  // not what its values say
  images.push_back(f.pixels({2, 4, 4}, 4));
  const std::vector<model::EncodeOutcome> out = f.runner().encode(images);
  REQUIRE(out[1].error.has_value());
  CHECK(std::string(out[1].error->what()) == "image 1 is f32 [4, 1176], expected f32 [8, 1176]");
  for (const std::size_t i : {0U, 2U, 3U}) {
    CAPTURE(i);
    CHECK(out[i].output.meta() ==
          f.runner().geometry().vision_output(static_cast<std::uint64_t>(images[i].grid.patches() / 4)));
    const std::vector<model::EncodeOutcome> alone = f.runner().encode({&images[i], 1});
    CHECK(difference(floats_of(out[i].output), floats_of(alone.front().output)) < 1e-5);
  }
  CHECK(f.runner().encode({}).empty());
}

TEST_CASE("pixels that were kept give what fresh ones give") {
  RunnerFixture f;
  const model::Pixels fresh = f.pixels({1, 4, 6}, 1);
  const model::Pixels kept{.values = SharedTensor::copy_of(fresh.values.view()), .grid = fresh.grid};
  CHECK(floats_of(f.runner().encode({&fresh, 1}).front().output) ==
        floats_of(f.runner().encode({&kept, 1}).front().output));
}

TEST_CASE("artefacts are made in the memory that is given, and keep it as long as they live") {
  std::atomic<int> alive = 0;
  std::atomic<int> given = 0;
  model::RunnerOptions options;
  options.memory = [&](Bytes bytes) {
    ++alive;
    ++given;
    auto buffer = std::make_shared<std::vector<std::byte>>(bytes.value + 64);
    const auto address = reinterpret_cast<std::uintptr_t>(buffer->data());
    return std::shared_ptr<std::byte>(buffer->data() + (64 - address % 64) % 64,
                                      [buffer, &alive](std::byte*) { --alive; });
  };
  RunnerFixture f(options);
  const model::PromptTokens prompt = f.prompt(3, {{1, 4, 6}}, 1);
  {
    const std::vector<SharedTensor> vision = f.look(prompt.grids);
    CHECK(given == 1);
    const model::PrefillOutcome outcome =
        f.prefill({.prompt = &prompt, .ready = {.vision = vision}, .wanted = {.pair = true, .fusion = true}});
    const SharedTensor block = outcome.sequence->kv_block({0, 4});
    CHECK(given == 4);
    CHECK(alive == 4);
  }
  CHECK(alive == 0);
}
