// SPDX-License-Identifier: Apache-2.0
#include "model/weights_identity.h"

#include <doctest/doctest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/file.h"
#include "model/small_config.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::model;
using Json = nlohmann::ordered_json;

namespace {

struct Weights {
  std::vector<float> tower = std::vector<float>(100, 1);
  std::vector<float> decoder = std::vector<float>(60'000, 2);  // large enough to be sampled
  std::string prefix = "model.";
  std::string config = testing::kSmallConfig;
};

WeightsIdentity identity(const Weights& weights) {
  const testing::TempDir folder;
  Json header;
  header[weights.prefix + "language_model.a.weight"] = {{"dtype", "F32"},
                                                        {"shape", {weights.decoder.size()}},
                                                        {"data_offsets", {0, 4 * weights.decoder.size()}}};
  header[weights.prefix + "visual.b.weight"] = {
      {"dtype", "F32"},
      {"shape", {weights.tower.size()}},
      {"data_offsets", {4 * weights.decoder.size(), 4 * (weights.decoder.size() + weights.tower.size())}}};
  const std::string text = header.dump();
  const std::uint64_t length = text.size();
  std::string bytes(sizeof(length), '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  bytes += text;
  for (const auto* part : {&weights.decoder, &weights.tower})
    bytes.append(reinterpret_cast<const char*>(part->data()), part->size() * sizeof(float));
  write_file(folder / "config.json", weights.config);
  write_file(folder / "model.safetensors", bytes);
  return identity_of(Checkpoint(folder.path().string()));
}

}  // namespace

TEST_CASE("the same weights are the same, whatever their names begin with") {
  const WeightsIdentity one = identity({});
  CHECK(identity({}) == one);
  CHECK(identity({.prefix = ""}) == one);
}

TEST_CASE("other weights of the same shape are others") {
  const WeightsIdentity one = identity({});
  for (const std::size_t at : {std::size_t{0}, std::size_t{59'999}}) {
    Weights other;
    other.decoder[at] = 3;
    CHECK(identity(other).model != one.model);
    CHECK(identity(other).encoder == one.encoder);  // that is shared
  }
  Weights tower;
  tower.tower[50] = 3;
  CHECK(identity(tower).encoder != one.encoder);
  CHECK(identity(tower).model != one.model);
  Weights shorter;
  shorter.decoder.pop_back();
  CHECK(identity(shorter).model != one.model);
  Weights config;
  config.config.replace(config.config.find("5000000.0"), 9, "1000000.0");
  CHECK(identity(config).model != one.model);
  CHECK(identity(config).encoder == one.encoder);
}

TEST_CASE("what a runner makes of its weights is part of its identity") {
  const auto of = [](const std::string& runner, const RunnerOptions& options) {
    return identity_of(runner, options, nullptr, DType::kF32);
  };
  const WeightsIdentity one = of("libtorch", {});
  CHECK(of("libtorch", {}) == one);
  CHECK(of("libtorch", {.threads = 2, .kv_tokens = 7}) == one);
  for (const RunnerOptions& other :
       {RunnerOptions{.seed = 2}, RunnerOptions{.dtype = "float16"}, RunnerOptions{.weights = "int8"}}) {
    CHECK(of("libtorch", other).model != one.model);
    CHECK(of("libtorch", other).encoder != one.encoder);
  }
  CHECK(of("modelled", {}).model != one.model);
  CHECK(identity_of("libtorch", {}, nullptr, DType::kBF16).model != one.model);
}
