// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plugin/qwen3_vl_2b_model.h"

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "core/registry.h"
#include "image/encode.h"
#include "image/scene.h"
#include "model/model_runner.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

struct Fixture {
  Fixture() {
    config.caching.intelligent_multimodal_cache_size_gb = 0.05;
    config.async.enable_async_multimodal_processing = true;
    const auto bytes = image::encode_jpeg(image::draw_scene({.seed = 1, .size = {64, 48}}), 90);
    std::ofstream(picture, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  std::unique_ptr<Qwen3VL2BModel> make() {
    return std::make_unique<Qwen3VL2BModel>(*runner, hardware::find_profile(hardware::kDefaultProfile), clock,
                                            config);
  }
  testing::TempDir folder;
  std::string picture = folder / "picture.jpg";
  RealClock clock;
  std::unique_ptr<model::ModelRunner> runner =
      Registry<model::RunnerDescriptor>::instance().at("modelled", "runner").make({});
  Qwen3VL2BConfig config;
};

SharedTensor some_tensor(const model::Geometry& geometry) {
  const TensorMeta meta = geometry.hidden_states(3);
  return {meta, std::vector<std::byte>(meta.bytes().value, std::byte{7})};
}

}  // namespace

TEST_CASE("requests with and without an image are answered, the same with the cache as without") {
  Fixture fixture;
  const auto plain = fixture.make();
  CHECK(plain->caching_manager() == nullptr);
  const AsyncMultimodalResult text = plain->async_process_multimodal_request({.text = "hello"}).get();
  const AsyncMultimodalResult both =
      plain->async_process_multimodal_request({.text = "what is this?", .image = fixture.picture}).get();
  REQUIRE(text.ok());
  REQUIRE(both.ok());
  CHECK(both.cache.images_encoded == 1);
  CHECK(both.id != text.id);

  fixture.config.caching.enable_intelligent_multimodal_caching = true;
  const auto cached = fixture.make();
  for (int round = 0; round < 2; ++round) {
    CHECK(cached->async_process_multimodal_request({.text = "hello"}).get().tokens == text.tokens);
    const AsyncMultimodalResult again =
        cached->async_process_multimodal_request({.text = "what is this?", .image = fixture.picture}).get();
    CHECK(again.error == "");
    CHECK(again.tokens == both.tokens);
    if (round == 1) CHECK(again.cache.images_encoded == 0);
  }
}

TEST_CASE("neither text nor image is an error of the request") {
  Fixture fixture;
  const auto model = fixture.make();
  CHECK(model->async_process_multimodal_request({.text = ""}).get().status == RequestStatus::kFailed);
}

TEST_CASE("inputs are cached by content, and nothing is where there is no cache") {
  Fixture fixture;
  const SharedTensor tensor = some_tensor(fixture.runner->geometry());
  const std::vector<std::byte> bytes(100, std::byte{3});
  const auto plain = fixture.make();
  CHECK_FALSE(plain->cache_text_input("hello", tensor.view()));
  CHECK_FALSE(plain->get_cached_text_input("hello").has_value());
  CHECK_FALSE(plain->cache_image_input({.bytes = bytes}, tensor.view()));
  CHECK_FALSE(plain->get_cached_image_input({.bytes = bytes}).has_value());

  plain->initialize_intelligent_multimodal_caching();
  REQUIRE(plain->caching_manager() != nullptr);
  CHECK(plain->cache_text_input("hello", tensor.view()));
  CHECK(plain->cache_image_input({.bytes = bytes}, tensor.view()));
  const auto found = plain->get_cached_text_input("hello");
  REQUIRE(found.has_value());
  std::vector<std::byte> read(tensor.bytes().value);
  CHECK(found->tensor.read(read).status == tier::TransferStatus::kDone);
  CHECK(read == std::vector<std::byte>(tensor.bytes().value, std::byte{7}));
  CHECK(plain->get_cached_image_input({.bytes = bytes}).has_value());
  CHECK_FALSE(plain->get_cached_text_input("hullo").has_value());
}
