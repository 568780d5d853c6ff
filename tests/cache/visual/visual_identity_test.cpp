// SPDX-License-Identifier: Apache-2.0
#include "cache/visual/visual_identity.h"

#include <doctest/doctest.h>

#include <cstring>

#include "cache/visual/visual_fixtures.h"
#include "core/error.h"

namespace cachebench::cache {
namespace {

TEST_CASE("INV-13: the content hash is SHA-256 of the raw bytes in hex") {
  const std::string text = "abc";
  CHECK(compute_content_hash(std::as_bytes(std::span(text.data(), text.size()))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(compute_content_hash({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("a hash comes back as it was, and nothing else is one") {
  const std::string good = testing::hash_of(1);
  CHECK(to_hex(parse_content_hash(good)) == good);
  std::string upper = good;
  upper[0] = 'A';
  std::string stray = good;
  stray[63] = 'g';
  for (const std::string& bad : {std::string(), std::string("ab"), good.substr(1), good + "0", upper, stray,
                                 std::string(64, '\0'), std::string(1'000'000, 'a')}) {
    CHECK_THROWS_AS((void)parse_content_hash(bad), Error);
  }
  try {
    (void)parse_content_hash(std::string(1'000'000, 'a'));
  } catch (const Error& error) {
    CHECK(std::strlen(error.what()) < 200);
  }
}

TEST_CASE("modalities by name") {
  for (const VisualModality modality :
       {VisualModality::kImage, VisualModality::kAudio, VisualModality::kVideo})
    CHECK(parse_visual_modality(name_of(modality)) == modality);
  CHECK_THROWS_WITH_AS((void)parse_visual_modality("imge"), "unknown modality 'imge'; did you mean 'image'?",
                       Error);
}

TEST_CASE("an engine's key tells contents, modalities and encoders apart") {
  const std::string a = testing::hash_of(1);
  const std::string b = testing::hash_of(2);
  const Key key = engine_key({.content_hash = a});
  CHECK(key == engine_key({.content_hash = a}));
  CHECK(key != engine_key({.content_hash = b}));
  CHECK(key != engine_key({.content_hash = a, .modality = VisualModality::kVideo}));
  CHECK(key != engine_key({.content_hash = a, .encoder_model = "another"}));
}

TEST_CASE("keys of the registry hash by everything in them") {
  const VisualKey key{.digest = parse_content_hash(testing::hash_of(1))};
  VisualKey other = key;
  other.encoder = 1;
  CHECK(std::hash<VisualKey>{}(key) != std::hash<VisualKey>{}(other));
  CHECK(std::hash<VisualKey>{}(key) == std::hash<VisualKey>{}(VisualKey(key)));
}

}  // namespace
}  // namespace cachebench::cache
