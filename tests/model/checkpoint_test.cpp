// SPDX-License-Identifier: Apache-2.0
#include "model/checkpoint.h"

#include <doctest/doctest.h>

#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "model/small_config.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::model;
using Json = nlohmann::ordered_json;

namespace {

Json small_config() {
  return Json::parse(testing::kSmallConfig);
}

void check_refused(const std::function<void(Json&)>& change, const char* words) {
  Json config = small_config();
  change(config);
  CHECK_THROWS_WITH_AS(static_cast<void>(parse_checkpoint_config(config, "c.json")), doctest::Contains(words),
                       Error);
}

std::string tensor_file(const std::string& name, std::size_t floats) {
  const std::string header =
      Json{{name, {{"dtype", "F32"}, {"shape", {floats}}, {"data_offsets", {0, 4 * floats}}}}}.dump();
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(4 * floats, '\0');
}

}  // namespace

TEST_CASE("a config is read, in either form of its rope keys") {
  const CheckpointConfig config = parse_checkpoint_config(small_config(), "c.json");
  CHECK(config.text.head_dim == 16);
  CHECK(config.vision.taps == std::vector<std::uint32_t>{0, 1});
  CHECK(config.rope_theta == 5'000'000.0);
  CHECK(config.mrope_section == std::array<std::uint32_t, 3>{4, 2, 2});
  CHECK(config.tied);
  CHECK(config.image_token == 7);

  Json newer = small_config();
  newer["text_config"].erase("rope_scaling");
  newer["text_config"].erase("rope_theta");
  newer["text_config"]["rope_parameters"] = {
      {"rope_type", "default"}, {"rope_theta", 1e4}, {"mrope_section", {4, 2, 2}}};
  CHECK(parse_checkpoint_config(newer, "c.json").rope_theta == 1e4);
}

TEST_CASE("numbers that no model has are refused before anything is made of them") {
  check_refused([](Json& c) { c["text_config"]["num_hidden_layers"] = 16777216; }, "num_hidden_layers");
  check_refused([](Json& c) { c["vision_config"]["depth"] = 4097; }, "(4097) is above 4096");
  check_refused([](Json& c) { c["vision_config"]["patch_size"] = 1e12; }, "vision_config.patch_size");
  check_refused([](Json& c) { c["text_config"]["vocab_size"] = -5; }, "text_config.vocab_size");
  check_refused([](Json& c) { c["text_config"]["num_hidden_layers"] = 1ULL << 60; }, "num_hidden_layers");
  check_refused([](Json& c) { c["text_config"]["rms_norm_eps"] = "small"; }, "rms_norm_eps");
  const std::pair<const char*, const char*> limits[] = {
      {R"({"size":{"shortest_edge":1e30,"longest_edge":1e31}})", "size.shortest_edge is no number of pixels"},
      {R"({"size":{"shortest_edge":4096,"longest_edge":1024}})",
       "size.shortest_edge is above the other limit"},
      {R"({"min_pixels":4096,"max_pixels":1024})", "min_pixels is above"},
      {R"({"size":{"shortest_edge":4096,"longest_edge":9999},"image_mean":[0.48,0.45,0.4]})", "image_mean"},
      {R"({"size":{"shortest_edge":-1,"longest_edge":1024}})",
       "size.shortest_edge is not a positive number"}};
  for (const auto& [text, words] : limits) {
    const testing::TempDir folder;
    testing::write_text(folder / "config.json", small_config().dump());
    testing::write_text(folder / "preprocessor_config.json", text);
    CHECK_THROWS_WITH_AS(Checkpoint(folder.path().string()), doctest::Contains(words), Error);
  }
}

TEST_CASE("what the forward pass would get wrong is refused, with the key's name") {
  check_refused([](Json& c) { c["model_type"] = "llama"; }, "model_type");
  check_refused([](Json& c) { c.erase("text_config"); }, "text_config");
  check_refused([](Json& c) { c["text_config"]["hidden_size"] = 0; }, "text_config.hidden_size");
  check_refused([](Json& c) { c["text_config"]["num_key_value_heads"] = 3; }, "num_attention_heads");
  check_refused(
      [](Json& c) {
        c["text_config"]["rope_scaling"]["mrope_section"] = {2, 2, 2};
      },
      "mrope_section");
  check_refused(
      [](Json& c) {
        c["text_config"]["rope_scaling"]["mrope_section"] = {1, 4, 3};
      },
      "mrope_section");
  check_refused([](Json& c) { c["text_config"]["rope_scaling"]["rope_type"] = "yarn"; }, "yarn");
  check_refused([](Json& c) { c["text_config"]["rope_scaling"]["mrope_interleaved"] = false; },
                "interleaved");
  check_refused([](Json& c) { c["vision_config"]["num_position_embeddings"] = 17; }, "not a square");
  check_refused([](Json& c) { c["vision_config"]["out_hidden_size"] = 25; }, "out_hidden_size");
  check_refused([](Json& c) { c["vision_config"]["deepstack_visual_indexes"] = {0, 2}; }, "not there");
  check_refused([](Json& c) { c["text_config"]["num_hidden_layers"] = 1; }, "more taps");
}

TEST_CASE("weights come from one file or from shards, with or without the leading model.") {
  const testing::TempDir folder;
  write_file(folder / "config.json", small_config().dump());
  write_file(folder / "model.safetensors", tensor_file("model.visual.x", 3));
  {
    const Checkpoint checkpoint(folder.path().string());
    CHECK(checkpoint.weight("model.visual.x", {3}).data.size() == 12);
    CHECK_THROWS_WITH_AS(static_cast<void>(checkpoint.weight("model.visual.x", {4})),
                         doctest::Contains("[3]"), Error);
    CHECK_THROWS_WITH_AS(static_cast<void>(checkpoint.weight("model.y", {4})), doctest::Contains("model.y"),
                         Error);
    CHECK(checkpoint.config().vision.max_pixels == 16'777'216);
  }
  write_file(folder / "a.safetensors", tensor_file("visual.x", 2));
  write_file(folder / "b.safetensors", tensor_file("lm_head.weight", 5));
  write_file(folder / "preprocessor_config.json",
             R"({"size": {"shortest_edge": 4096, "longest_edge": 65536}})");
  write_file(folder / "model.safetensors.index.json",
             R"({"weight_map": {"visual.x": "a.safetensors", "lm_head.weight": "b.safetensors"}})");
  const Checkpoint sharded(folder.path().string());
  CHECK(sharded.weight("model.visual.x", {2}).data.size() == 8);
  CHECK(sharded.weight("lm_head.weight", {5}).data.size() == 20);
  CHECK(sharded.config().vision.min_pixels == 4096);

  write_file(folder / "model.safetensors.index.json", R"({"weight_map": {"visual.x": "../a.safetensors"}})");
  CHECK_THROWS_WITH_AS(Checkpoint{folder.path().string()}, doctest::Contains("no file of this folder"),
                       Error);
}

TEST_CASE("a geometry without weights has the published constants") {
  const CheckpointConfig large = config_without_weights(geometry_named("2b"));
  CHECK(large.mrope_section == std::array<std::uint32_t, 3>{24, 20, 20});
  CHECK(large.image_token == 151'655);
  const CheckpointConfig tiny = config_without_weights(geometry_named("tiny"));
  CHECK(tiny.mrope_section == std::array<std::uint32_t, 3>{6, 5, 5});
  CHECK(tiny.image_token < tiny.text.vocabulary);
}
