// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "core/error.h"
#include "torch_model/runner_fixture.h"

using namespace cachebench;
using cachebench::torch_model::testing::difference;
using cachebench::torch_model::testing::make_runner;
using cachebench::torch_model::testing::RunnerFixture;

TEST_CASE("narrow weights stay near wide ones") {
  RunnerFixture wide;
  const model::PromptTokens prompt = wide.prompt(12, {}, 1);
  const std::vector<float> expected = wide.prefill({.prompt = &prompt}).logits;
  const auto apart = [&](const char* dtype, const char* weights) {
    RunnerFixture f({.dtype = dtype, .weights = weights});
    return difference(f.prefill({.prompt = &prompt}).logits, expected);
  };
  CHECK(apart("float32", "full") == 0);
  const double half = apart("float16", "full");
  CHECK(half > 0);
  CHECK(half < 2e-2);
  CHECK(apart("bfloat16", "full") < 1e-1);
  const double int8 = apart("float32", "int8");
  CHECK(int8 > 0);
  CHECK(int8 < 1e-1);
}

TEST_CASE("presets have the geometry of their name and depend on the seed alone") {
  const auto a = make_runner({.preset = "tiny", .seed = 3});
  const auto b = make_runner({.preset = "tiny", .seed = 3});
  const auto c = make_runner({.preset = "tiny", .seed = 4});
  CHECK(a->geometry().text().hidden == model::geometry_named("tiny").text().hidden);
  CHECK(a->geometry().dtype() == DType::kF32);
  CHECK(make_runner({.preset = "tiny", .dtype = "bfloat16"})->geometry().dtype() == DType::kBF16);
  const model::PromptTokens prompt{.ids = {1, 2, 3}, .grids = {}};
  const model::PrefillItem item{.prompt = &prompt};
  const std::vector<float> logits = a->prefill({&item, 1}).front().logits;
  CHECK(b->prefill({&item, 1}).front().logits == logits);
  CHECK(c->prefill({&item, 1}).front().logits != logits);
}

TEST_CASE("options that make no sense are refused by name") {
  const auto refused = [](const model::RunnerOptions& options, const char* words) {
    CHECK_THROWS_WITH_AS(static_cast<void>(make_runner(options)), doctest::Contains(words), Error);
  };
  refused({.preset = "3b"}, "3b");
  refused({.dtype = "float8"}, "float8");
  refused({.weights = "int4"}, "int4");
  refused({.threads = 0}, "0 threads");
  refused({.kv_tokens = 0}, "0 tokens");
  refused({.checkpoint = "/nowhere/at/all"}, "/nowhere/at/all");
}
