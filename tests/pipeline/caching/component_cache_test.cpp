// SPDX-License-Identifier: Apache-2.0
#include "pipeline/caching/component_cache.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

// Components of 100 bytes each, "layer.0" to "layer.9"; "broken" cannot be read.
class Layers final : public ComponentSource {
 public:
  [[nodiscard]] std::vector<std::string> names() const override { return {}; }
  [[nodiscard]] Bytes bytes_of(std::string_view) const override { return Bytes{100}; }
  [[nodiscard]] ComponentPtr load(std::string_view name) const override {
    ++loads;
    if (name == "broken") throw Error(ErrorKind::kInput, "broken");
    auto component = std::make_shared<Component>();
    component->name = name;
    component->bytes = Bytes{100};
    component->tensors.emplace(
        "w", SharedTensor({.shape = {100}, .dtype = DType::kU8},
                          std::vector<std::byte>(100, static_cast<std::byte>(name.back()))));
    return component;
  }
  mutable std::atomic<int> loads{0};
};

std::string layer(int i) {
  return "layer." + std::to_string(i);
}

// A safetensors file of two tensors of 8 bytes.
std::string two_tensors() {
  const std::string header =
      R"({"model.layers.0.a.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("model.layers.1.a.weight":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})";
  const std::uint64_t length = header.size();
  std::string text(sizeof(length), '\0');
  std::memcpy(text.data(), &length, sizeof(length));
  return text + header + "0123456789abcdef";
}

}  // namespace

TEST_CASE("a component is what is computed together") {
  CHECK(component_of("model.visual.blocks.11.attn.qkv.weight") == "model.visual.blocks.11");
  CHECK(component_of("model.language_model.layers.0.mlp.up_proj.weight") == "model.language_model.layers.0");
  CHECK(component_of("model.visual.deepstack_merger_list.2.norm.bias") ==
        "model.visual.deepstack_merger_list.2");
  CHECK(component_of("model.visual.merger.linear_fc1.weight") == "model.visual.merger");
  CHECK(component_of("weight") == "weight");
}

TEST_CASE("what fits stays, the least recently used goes") {
  const Layers source;
  ComponentCache cache(source, Bytes{300}, ComponentCache::Keep::kWhatFits);
  for (int i = 0; i < 3; ++i) static_cast<void>(cache.get(layer(i)));
  static_cast<void>(cache.get(layer(0)));
  CHECK(source.loads == 3);
  static_cast<void>(cache.get(layer(3)));  // layer 1 goes
  static_cast<void>(cache.get(layer(0)));
  CHECK(source.loads == 4);
  static_cast<void>(cache.get(layer(1)));
  CHECK(source.loads == 5);
  const ComponentCacheStats stats = cache.stats();
  CHECK(stats.hits == 2);
  CHECK(stats.evictions == 2);
  CHECK(stats.peak <= Bytes{300});
}

TEST_CASE("a component in use keeps its memory, and the budget holds for the rest") {
  const Layers source;
  ComponentCache cache(source, Bytes{200}, ComponentCache::Keep::kWhatFits);
  const ComponentPtr a = cache.get(layer(0));
  const ComponentPtr b = cache.get(layer(1));
  const ComponentPtr c = cache.get(layer(2));  // served, and not kept
  CHECK(cache.stats().resident == Bytes{200});
  CHECK(c->tensors.at("w").view().data[0] == std::byte{'2'});
  CHECK(a->tensors.at("w").view().data[0] == std::byte{'0'});
  static_cast<void>(cache.get(layer(0)));
  CHECK(cache.stats().hits == 1);
}

TEST_CASE("keeping nothing loads every time") {
  const Layers source;
  ComponentCache cache(source, Bytes{1000}, ComponentCache::Keep::kNothing);
  for (int i = 0; i < 4; ++i) static_cast<void>(cache.get(layer(0)));
  CHECK(source.loads == 4);
  CHECK(cache.stats().resident == Bytes{0});
}

TEST_CASE("a load that fails is told, and can be tried again") {
  const Layers source;
  ComponentCache cache(source, Bytes{1000}, ComponentCache::Keep::kWhatFits);
  CHECK_THROWS_AS(static_cast<void>(cache.get("broken")), Error);
  CHECK_THROWS_AS(static_cast<void>(cache.get("broken")), Error);
  CHECK(source.loads == 2);
}

TEST_CASE("threads that ask for the same component load it once") {
  const Layers source;
  ComponentCache cache(source, Bytes{1000}, ComponentCache::Keep::kWhatFits);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 9; ++i) static_cast<void>(cache.get(layer(i)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(source.loads == 9);
}

TEST_CASE("components of a safetensors file") {
  const testing::TempDir folder;
  write_file(folder / "model.safetensors", two_tensors());
  const model::SafeTensors file(folder / "model.safetensors");
  const auto source = components_of({&file});
  CHECK(source->names() == std::vector<std::string>{"model.layers.0", "model.layers.1"});
  CHECK(source->bytes_of("model.layers.1") == Bytes{8});
  CHECK_THROWS_AS(static_cast<void>(source->bytes_of("model.layers.2")), Error);
  ComponentCache cache(*source, Bytes{8}, ComponentCache::Keep::kWhatFits);
  const ComponentPtr one = cache.get("model.layers.1");
  CHECK(one->tensors.at("model.layers.1.a.weight").view().data[0] == std::byte{'8'});
}
