// SPDX-License-Identifier: Apache-2.0
#include "tier/codec.h"

#include <doctest.h>

#include <cstring>
#include <set>
#include <utility>
#include <vector>

#include "core/registry.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

std::vector<std::byte> bytes_of(std::size_t n, std::uint64_t seed, std::uint64_t alphabet) {
  Rng rng(seed);
  std::vector<std::byte> result(n);
  for (std::byte& b : result) b = static_cast<std::byte>(rng.below(alphabet));
  return result;
}

}  // namespace

TEST_CASE("every codec gives back what it took, whatever it was") {
  for (const CodecDescriptor& descriptor : Registry<CodecDescriptor>::instance().items()) {
    CAPTURE(descriptor.name);
    for (const int level : {descriptor.min_level, descriptor.default_level, descriptor.max_level}) {
      const auto codec = descriptor.make(level);
      for (const std::uint64_t alphabet : {1U, 3U, 256U}) {
        for (const std::size_t n : {0U, 1U, 4095U, 4096U, 100'000U}) {
          CAPTURE(n);
          const auto in = bytes_of(n, n + alphabet, alphabet);
          std::vector<std::byte> out(n + n / 8 + 1024);
          const auto length = codec->encode(in, 2, out);
          REQUIRE(length.has_value());
          std::vector<std::byte> back(n);
          CHECK(codec->decode(std::span(out).first(*length), back));
          CHECK(back == in);
        }
      }
    }
  }
}

TEST_CASE("a codec says so when the result does not fit or does not decode") {
  for (const CodecDescriptor& descriptor : Registry<CodecDescriptor>::instance().items()) {
    CAPTURE(descriptor.name);
    const auto codec = descriptor.make(descriptor.default_level);
    const auto in = bytes_of(10'000, 1, 256);
    std::vector<std::byte> out(9'000);
    CHECK_FALSE(codec->encode(in, 2, out).has_value());

    out.resize(20'000);
    const auto length = codec->encode(in, 2, out);
    REQUIRE(length.has_value());
    const auto encoded = std::span<const std::byte>(out).first(*length);
    std::vector<std::byte> shorter(9'999);
    std::vector<std::byte> longer(10'001);
    CHECK_FALSE(codec->decode(encoded, shorter));
    CHECK_FALSE(codec->decode(encoded, longer));
    std::vector<std::byte> back(10'000);
    CHECK_FALSE(codec->decode(encoded.first(encoded.size() / 2), back));
  }
}

TEST_CASE("broken input never crashes a codec") {
  for (const CodecDescriptor& descriptor : Registry<CodecDescriptor>::instance().items()) {
    const auto codec = descriptor.make(descriptor.default_level);
    const auto in = bytes_of(5'000, 2, 4);
    std::vector<std::byte> out(6'000);
    const auto length = codec->encode(in, 2, out);
    REQUIRE(length.has_value());
    Rng rng(3);
    for (int i = 0; i < 2'000; ++i) {
      auto broken = std::vector<std::byte>(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(*length));
      broken[rng.below(broken.size())] ^= static_cast<std::byte>(1 + rng.below(255));
      std::vector<std::byte> back(in.size());
      const bool decoded = codec->decode(broken, back);
      CHECK((decoded || back.size() == in.size()));  // the sanitizers judge the rest
    }
  }
}

TEST_CASE("the numbers that records carry are unique and stay what they were") {
  std::set<int> ids;
  for (const CodecDescriptor& descriptor : Registry<CodecDescriptor>::instance().items()) {
    CHECK(ids.insert(descriptor.id).second);
    CHECK_FALSE(descriptor.doc.empty());
  }
  const auto& registry = Registry<CodecDescriptor>::instance();
  const std::vector<std::pair<const char*, int>> known{
      {"none", 0},        {"zstd", 1},          {"lz4", 2}, {"shuffle-zstd", 3}, {"bitshuffle-zstd", 4},
      {"shuffle-lz4", 5}, {"bitshuffle-lz4", 6}};
  for (const auto& codec : known) {
    const char* name = codec.first;
    const int id = codec.second;
    CAPTURE(name);
    REQUIRE(registry.find(name) != nullptr);
    CHECK(registry.find(name)->id == id);
  }
}
