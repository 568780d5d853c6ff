// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "core/error.h"
#include "core/registry.h"
#include "model/model_check.h"
#include "support/temp_dir.h"
#include "torch_model/random_checkpoint.h"
#include "torch_model/reference_model.h"

using namespace cachebench;
using namespace cachebench::torch_model::testing;

namespace {

Rows random_pixels(std::int64_t patches, const model::VisionConfig& vision) {
  Rows pixels(static_cast<std::size_t>(patches),
              std::size_t{vision.channels} * vision.temporal_patch * vision.patch * vision.patch);
  Rng rng(11);
  for (double& value : pixels.values) value = static_cast<float>(2 * rng.uniform() - 1);
  return pixels;
}

ReferencePrompt prompt_with_images(const model::CheckpointConfig& config) {
  ReferencePrompt prompt;
  prompt.grids = {{1, 4, 6}, {1, 2, 8}};
  prompt.ids = {3, 70};
  prompt.ids.insert(prompt.ids.end(), 6, config.image_token);
  prompt.ids.insert(prompt.ids.end(), {9, 4, 33});
  prompt.ids.insert(prompt.ids.end(), 4, config.image_token);
  prompt.ids.insert(prompt.ids.end(), {1, 60});
  prompt.pixels = random_pixels(40, config.vision);
  return prompt;
}

model::ModelCheckReport check(const std::string& folder) {
  return Registry<model::ModelBackendDescriptor>::instance().at("libtorch", "backend").check({folder, {}});
}

}  // namespace

TEST_CASE("a checkpoint of other shapes, untied, in bfloat16 shards, agrees with plain loops in double") {
  for (const DType dtype : {DType::kBF16, DType::kF32}) {
    const testing::TempDir folder;
    const RandomCheckpoint checkpoint(foreign_config(), 5, dtype);
    checkpoint.write(folder.path(), dtype == DType::kBF16 ? 3 : 1);
    ReferenceModel reference(checkpoint);
    write_bytes(folder.path() / "case_images.safetensors",
                safetensors_bytes(reference.run(prompt_with_images(checkpoint.config()), 5), DType::kF32));
    write_bytes(folder.path() / "case_text.safetensors",
                safetensors_bytes(reference.run({.ids = {5, 6, 7, 8, 2}, .grids = {}}, 5), DType::kF32));
    const model::ModelCheckReport report = check(folder.path().string());
    CHECK(report.ok());
    REQUIRE(report.cases.size() == 2);
    for (const model::CaseCheck& one : report.cases) {
      for (const model::TensorCheck& tensor : one.tensors) {
        CAPTURE(tensor.name);
        CHECK_MESSAGE(tensor.ok, tensor.reason);
        CHECK(tensor.max_rel < 2e-5);
      }
    }
    CHECK(report.cases[0].tensors.size() > 25);
  }
}

TEST_CASE("one weight that is another fails the check") {
  const testing::TempDir folder;
  RandomCheckpoint checkpoint(foreign_config(), 5, DType::kF32);
  ReferenceModel reference(checkpoint);
  write_bytes(folder.path() / "case_images.safetensors",
              safetensors_bytes(reference.run(prompt_with_images(checkpoint.config()), 2), DType::kF32));
  checkpoint.weights().at("model.visual.deepstack_merger_list.1.norm.bias").values[3] += 0.25F;
  checkpoint.write(folder.path(), 2);
  const model::ModelCheckReport report = check(folder.path().string());
  CHECK_FALSE(report.ok());
  const auto& tensors = report.cases.front().tensors;
  const auto ok = [&](const char* name) {
    return std::find_if(tensors.begin(), tensors.end(), [&](const auto& t) { return t.name == name; })->ok;
  };
  CHECK(ok("vision.deepstack.0"));
  CHECK_FALSE(ok("vision.deepstack.1"));
  CHECK_FALSE(ok("logits"));
}

TEST_CASE("weights that are missing, cut short or of another shape are named") {
  const auto refused = [](const std::string& folder, const char* words) {
    CHECK_THROWS_WITH_AS(static_cast<void>(check(folder)), doctest::Contains(words), Error);
  };
  const testing::TempDir folder;
  const std::string path = folder.path().string();
  RandomCheckpoint checkpoint(foreign_config(), 5, DType::kBF16);
  const std::string name = "model.language_model.layers.2.mlp.up_proj.weight";
  PlainTensor kept = checkpoint.weights().at(name);
  checkpoint.weights().at(name).shape = {44, 100};
  checkpoint.write(folder.path(), 3);
  refused(
      path,
      "'model.language_model.layers.2.mlp.up_proj.weight' has shape [44, 100], the config says [100, 44]");
  checkpoint.weights().erase(name);
  checkpoint.write(folder.path(), 3);
  refused(path, "has no weight 'model.language_model.layers.2.mlp.up_proj.weight'");
  checkpoint.weights()[name] = std::move(kept);
  checkpoint.write(folder.path(), 1);
  std::filesystem::remove(folder.path() / "model.safetensors.index.json");
  std::filesystem::resize_file(folder.path() / "model.safetensors",
                               std::filesystem::file_size(folder.path() / "model.safetensors") / 2);
  refused(path, "model.safetensors");
}
