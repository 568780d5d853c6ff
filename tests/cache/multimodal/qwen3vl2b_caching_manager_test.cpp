// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/qwen3vl2b_caching_manager.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cache/multimodal/multimodal_fixtures.h"

namespace cachebench::cache {
namespace {

using testing::holds_tensor;
using testing::NumberedTensor;
using testing::round_site;
using testing::setup_with;

ModelIdentity model_named(const std::string& name) {
  return {.model_id = name,
          .vision_encoder = "",
          .language_encoder = "",
          .processor_settings = "",
          .dtype = DType::kF32};
}

std::vector<std::byte> picture(std::uint64_t number) {
  return testing::content_of(number, 64);
}

struct Bench {
  OwnedMultimodalCache cache;
  explicit Bench(SimilarityOptions similarity = {}) : cache(make(similarity)) {}
  static OwnedMultimodalCache make(const SimilarityOptions& similarity) {
    MultimodalSetup setup = setup_with({{100'000}}, "none");
    setup.cache.similarity = similarity;
    return OwnedMultimodalCache(setup, round_site());
  }
};

const char* const kStory =
    "the quick brown fox jumps over the lazy dog while the slow grey cat sleeps under the old oak tree and "
    "dreams of fish and birds and long warm summer days by the river";

}  // namespace

TEST_CASE("texts, images and pairs are found by their content, each as its own type") {
  Bench bench;
  Qwen3VL2BIntelligentCachingManager manager(*bench.cache, model_named("qwen"));
  const std::vector<std::byte> cat = picture(1);
  const std::vector<std::byte> dog = picture(2);
  CHECK_FALSE(manager.get_cached_text_input("hello").has_value());
  CHECK(manager.cache_text_input("hello", NumberedTensor(1, 8).view()));
  CHECK(manager.cache_image_input({.bytes = cat}, NumberedTensor(2, 9).view()));
  CHECK(manager.cache_text_image_pair("hello", {.bytes = cat}, NumberedTensor(3, 10).view()));
  CHECK(manager.cache_vision_encoder_output({.bytes = cat}, NumberedTensor(4, 11).view()));
  CHECK(manager.cache_language_encoder_output("hello", NumberedTensor(5, 12).view()));
  CHECK(holds_tensor(manager.get_cached_text_input("hello")->tensor, 1, 8));
  CHECK(holds_tensor(manager.get_cached_image_input({.bytes = cat})->tensor, 2, 9));
  CHECK(holds_tensor(manager.get_cached_text_image_pair("hello", {.bytes = cat})->tensor, 3, 10));
  CHECK(holds_tensor(manager.get_cached_vision_encoder_output({.bytes = cat})->tensor, 4, 11));
  CHECK(holds_tensor(manager.get_cached_language_encoder_output("hello")->tensor, 5, 12));
  CHECK_FALSE(manager.get_cached_text_input("hello ").has_value());
  CHECK_FALSE(manager.get_cached_image_input({.bytes = dog}).has_value());
  CHECK_FALSE(manager.get_cached_text_image_pair("hello", {.bytes = dog}).has_value());
  const MultimodalStatistics statistics = bench.cache->statistics();
  CHECK(statistics.kinds[static_cast<std::size_t>(ArtefactKind::kTextImagePair)].exact == 1);
  CHECK(statistics.all.exact == 5);
  CHECK(manager.hash_use().contents > 10);
  CHECK(bench.cache->erase(manager.text_key("hello")));
  CHECK_FALSE(manager.get_cached_text_input("hello").has_value());
  CHECK(bench.cache->pin(manager.pair_key("hello", {.bytes = cat})));
  CHECK(bench.cache->pin(manager.image_key({.bytes = cat})));
}

TEST_CASE("neither another model's entry nor another setting's is served, nor found alike") {
  Bench bench({.text = true, .image = true});
  ModelIdentity model = model_named("qwen");
  Qwen3VL2BIntelligentCachingManager manager(*bench.cache, model);
  const std::vector<std::byte> cat = picture(1);
  CHECK(manager.cache_text_input(kStory, NumberedTensor(1, 8).view()));
  CHECK(manager.cache_image_input({.bytes = cat, .phash = 5}, NumberedTensor(2, 8).view()));
  for (int changed = 0; changed < 3; ++changed) {
    CAPTURE(changed);
    ModelIdentity other = model;
    if (changed == 0) other.model_id = "qwen@2";
    if (changed == 1) other.processor_settings = "max_pixels=1000";
    if (changed == 2) other.dtype = DType::kF16;
    Qwen3VL2BIntelligentCachingManager stranger(*bench.cache, other);
    CHECK_FALSE(stranger.get_cached_text_input(kStory).has_value());
    CHECK_FALSE(stranger.get_cached_image_input({.bytes = cat, .phash = 5}).has_value());
    CHECK(stranger.find_similar_texts(kStory, {.threshold = 0, .top_k = 9}).empty());
    CHECK(stranger.find_similar_images({.bytes = cat, .phash = 5}, {.threshold = 0, .top_k = 9}).empty());
  }
  CHECK(manager.find_similar_texts(kStory).size() == 1);
}

TEST_CASE("models with one encoder share what the encoder made, and nothing else") {
  Bench bench({.text = true, .image = true});
  ModelIdentity chat = model_named("chat-2b");
  ModelIdentity agent = model_named("agent-2b");
  chat.vision_encoder = agent.vision_encoder = "vision:24x1024";
  Qwen3VL2BIntelligentCachingManager first(*bench.cache, chat);
  Qwen3VL2BIntelligentCachingManager second(*bench.cache, agent);
  const std::vector<std::byte> cat = picture(1);
  const std::vector<std::byte> almost = picture(2);
  CHECK(first.cache_image_input({.bytes = cat}, NumberedTensor(1, 8).view()));
  CHECK(first.cache_vision_encoder_output({.bytes = cat, .phash = 6}, NumberedTensor(2, 8).view()));
  CHECK(first.cache_text_input("hello", NumberedTensor(3, 8).view()));
  CHECK(first.cache_text_image_pair("hello", {.bytes = cat}, NumberedTensor(4, 8).view()));
  CHECK(first.cache_language_encoder_output("hello", NumberedTensor(5, 8).view()));
  CHECK(holds_tensor(second.get_cached_image_input({.bytes = cat})->tensor, 1, 8));
  CHECK(holds_tensor(second.get_cached_vision_encoder_output({.bytes = cat})->tensor, 2, 8));
  const auto similar = second.get_cached_vision_encoder_output({.bytes = almost, .phash = 7});
  REQUIRE(similar.has_value());
  CHECK(similar->similarity == 63.0 / 64);
  CHECK_FALSE(second.get_cached_text_input("hello").has_value());
  CHECK_FALSE(second.get_cached_text_image_pair("hello", {.bytes = cat}).has_value());
  CHECK_FALSE(second.get_cached_language_encoder_output("hello").has_value());
  // Another resolution is another output, whoever made it; so is another encoder's.
  agent.processor_settings = "max_pixels=1000";
  Qwen3VL2BIntelligentCachingManager smaller(*bench.cache, agent);
  CHECK_FALSE(smaller.get_cached_vision_encoder_output({.bytes = cat}).has_value());
  chat.vision_encoder = "vision:32x1280";
  Qwen3VL2BIntelligentCachingManager larger(*bench.cache, chat);
  CHECK_FALSE(larger.get_cached_vision_encoder_output({.bytes = cat}).has_value());
}

TEST_CASE("alike texts, images and pairs are found with their scores, best first") {
  Bench bench;
  Qwen3VL2BIntelligentCachingManager manager(*bench.cache, model_named("qwen"));
  const std::string edited = std::string(kStory) + " at home";
  CHECK(manager.cache_text_input(kStory, NumberedTensor(1, 8).view()));
  CHECK(manager.cache_text_input("something else entirely, of other words", NumberedTensor(2, 8).view()));
  const auto texts = manager.find_similar_texts(edited, {.threshold = 0.8, .top_k = 5});
  REQUIRE(texts.size() == 1);
  CHECK(texts[0].key == manager.text_key(kStory));
  CHECK(texts[0].score >= 0.8);
  const auto all = manager.find_similar_texts(kStory, {.threshold = 0, .top_k = 5});
  REQUIRE(all.size() == 2);
  CHECK(all[0].score == 1.0);
  CHECK(all[1].score < 1.0);

  for (std::uint64_t i = 0; i < 6; ++i) {
    const std::vector<std::byte> bytes = picture(i);
    CHECK(manager.cache_image_input({.bytes = bytes, .phash = (std::uint64_t{1} << i) - 1},
                                    NumberedTensor(i, 8).view()));
    CHECK(manager.cache_text_image_pair(i < 3 ? kStory : "another text",
                                        {.bytes = bytes, .phash = (std::uint64_t{1} << i) - 1},
                                        NumberedTensor(10 + i, 8).view()));
  }
  const std::vector<std::byte> asked = picture(99);
  const auto images =
      manager.find_similar_images({.bytes = asked, .phash = 0}, {.threshold = 61.0 / 64, .top_k = 9});
  REQUIRE(images.size() == 4);
  for (std::size_t i = 0; i < images.size(); ++i) CHECK(images[i].score == 1.0 - static_cast<double>(i) / 64);
  const auto pairs =
      manager.find_similar_pairs(edited, {.bytes = asked, .phash = 0}, {.threshold = 0.8, .top_k = 9});
  REQUIRE(pairs.size() == 3);  // the others' texts differ
  CHECK(pairs[0].score <= texts[0].score);
  CHECK(manager.find_similar_images({.bytes = asked}).empty());
  CHECK(manager.find_similar_pairs(edited, {.bytes = asked}).empty());
}

TEST_CASE("what is no text, no image or another model's tensor is an error") {
  Bench bench;
  Qwen3VL2BIntelligentCachingManager manager(*bench.cache, model_named("qwen"));
  const NumberedTensor tensor(1, 8);
  CHECK_THROWS_AS(manager.cache_text_input("caf\xE9", tensor.view()), Error);
  CHECK_THROWS_AS((void)manager.get_cached_text_input("\xFF"), Error);
  CHECK_THROWS_AS((void)manager.find_similar_texts("\xC0\x80"), Error);
  CHECK_THROWS_AS(manager.cache_image_input({.bytes = {}}, tensor.view()), Error);
  CHECK_THROWS_AS(manager.cache_text_input("x", tensor.view(), {.ttl = Nanoseconds{0}}), Error);
  TensorView other = tensor.view();
  other.meta = {.shape = {16}, .dtype = DType::kF16};
  CHECK_THROWS_AS(manager.cache_text_input("x", other), Error);
  CHECK_FALSE(manager.cache_text_input("x", NumberedTensor(1, 30'000).view()));  // larger than the cache
  CHECK(bench.cache->statistics().resident == 0);
  CHECK(manager.cache_text_input("", tensor.view()));  // the empty text is a text
}

}  // namespace cachebench::cache
