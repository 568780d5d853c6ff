// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plugin/qwen3_vl_2b_instruct_plugin.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/error.h"
#include "pipeline/fake_runner.h"

using namespace cachebench;
using namespace cachebench::pipeline;

TEST_CASE("the example of the source documents runs") {
  const auto plugin = create_qwen3_vl_2b_instruct_plugin();
  CHECK_FALSE(plugin->initialized());
  plugin->config().runner = "modelled";
  plugin->initialize({{"enable_async_multimodal_processing", true}});
  REQUIRE(plugin->initialized());
  const AsyncMultimodalResult result =
      plugin->model().async_process_multimodal_request({.text = "Describe this image"}).get();
  CHECK(result.error == "");
  CHECK(!result.tokens.empty());
  auto futures = plugin->model().async_process_batch_multimodal_requests(
      {{.text = "Describe image 1"}, {.text = "Describe image 2", .image = "/no/such/path2.jpg"}});
  REQUIRE(futures.size() == 2);
  CHECK(futures[0].get().ok());
  CHECK(futures[1].get().error.find("path2.jpg") != std::string::npos);
  CHECK(plugin->model().async_manager().asynchronous());
}

TEST_CASE("a plugin on a runner of the caller's answers one at a time unless asked otherwise") {
  FakeRunner runner;
  const auto plugin = create_qwen3_vl_2b_instruct_plugin();
  plugin->initialize_with(runner, {});
  CHECK_FALSE(plugin->model().async_manager().asynchronous());
  CHECK(plugin->model().async_process_multimodal_request({.text = "hello"}).get().ok());
  plugin->initialize_with(runner, {{"enable_async_multimodal_processing", true}});
  CHECK(plugin->model().async_manager().asynchronous());
}

TEST_CASE("wrong settings leave the plugin as it was") {
  FakeRunner runner;
  const auto plugin = create_qwen3_vl_2b_instruct_plugin();
  CHECK_THROWS_AS(plugin->initialize_with(runner, {{"async_bufer_size", 4.0}}), Error);
  CHECK_FALSE(plugin->initialized());
  plugin->initialize_with(runner, {});
  CHECK_THROWS_AS(plugin->initialize_with(runner, {{"async_buffer_size", 0.0}}), Error);
  CHECK(plugin->model().async_process_multimodal_request({.text = "still there"}).get().ok());
  plugin->config().runner = "no-such-runner";
  CHECK_THROWS_AS(plugin->initialize({}), Error);
  CHECK(plugin->initialized());
}

TEST_CASE("caching is set up when it is asked for, at once or later") {
  FakeRunner runner;
  const auto plugin = create_qwen3_vl_2b_instruct_plugin();
  plugin->initialize_with(runner, {{"intelligent_multimodal_cache_size_gb", 0.01}});
  CHECK(plugin->model().caching_manager() == nullptr);
  plugin->setup_intelligent_multimodal_caching();
  CHECK(plugin->model().caching_manager() != nullptr);
  CHECK(plugin->config().caching.enable_intelligent_multimodal_caching);
}
