// SPDX-License-Identifier: Apache-2.0
#include "core/content_identity.h"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/rng.h"

using namespace cachebench;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string message_of(std::string_view name) {
  try {
    (void)hash_algorithm(name);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

constexpr std::array kBoth{HashAlgorithm::kSha256, HashAlgorithm::kXxh3};

}  // namespace

TEST_CASE("Digests are the published ones, and whole") {
  const Digest sha = digest_of(HashAlgorithm::kSha256, bytes_of("abc"));
  CHECK(sha.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha.bytes().size() == 32);
  CHECK(to_hex(sha.key()) == "ba7816bf8f01cfea414140de5dae2223");
  const Digest xxh = digest_of(HashAlgorithm::kXxh3, bytes_of("abc"));
  CHECK(xxh.hex() == "06b05ab6733a618578af5f94892f3950");
  CHECK(xxh.bytes().size() == 16);
  CHECK(xxh.key() == hash_key("abc"));
}

TEST_CASE("A stream in pieces is the stream") {
  Rng rng(7);
  std::vector<std::byte> data(10'000);
  for (std::byte& byte : data) byte = static_cast<std::byte>(rng.below(256));
  for (const HashAlgorithm algorithm : kBoth) {
    ContentHasher hasher(algorithm);
    for (std::size_t at = 0; at < data.size();) {
      const std::size_t count = std::min<std::size_t>(rng.below(700), data.size() - at);
      hasher.update(std::span(data).subspan(at, count));
      at += count;
    }
    CHECK(hasher.finish() == digest_of(algorithm, data));
    CHECK(digest_of(algorithm, {}) != digest_of(algorithm, std::span(data).first(1)));
  }
}

TEST_CASE("Algorithms go by name, and BLAKE3 is refused with the reason") {
  for (const std::string_view name : hash_algorithm_names()) CHECK(name_of(hash_algorithm(name)) == name);
  CHECK(hash_algorithm_names().front() == "sha256");
  CHECK(message_of("blake3").find("none of the libraries") != std::string::npos);
  CHECK(message_of("sha265").find("did you mean 'sha256'") != std::string::npos);
  CHECK(message_of("").find("unknown hash") != std::string::npos);
}

TEST_CASE("Every part of the context changes the identity, and fields do not run into one another") {
  for (const HashAlgorithm algorithm : kBoth) {
    const Digest content = digest_of(algorithm, bytes_of("an image"));
    const Digest other = digest_of(algorithm, bytes_of("another"));
    const auto key = [&](const Digest& digest, std::string_view model, std::string_view settings,
                         DType dtype) {
      return identity_key(algorithm, digest,
                          {.model_id = model, .processor_settings = settings, .dtype = dtype});
    };
    const std::set<Key> keys{
        key(content, "2b", "max=1", DType::kF16), key(other, "2b", "max=1", DType::kF16),
        key(content, "4b", "max=1", DType::kF16), key(content, "2b", "max=2", DType::kF16),
        key(content, "2b", "max=1", DType::kF32), key(content, "2bm", "ax=1", DType::kF16),
        key(content, "", "2bmax=1", DType::kF16), key(content, "2bmax=1", "", DType::kF16)};
    CHECK(keys.size() == 8);
    CHECK(key(content, "2b", "max=1", DType::kF16) == key(content, "2b", "max=1", DType::kF16));
  }
}

TEST_CASE("No two of many contents share an identity, nor do their halves all agree") {
  std::set<Key> keys;
  std::set<std::uint64_t> low;
  ContentIdentifier identifier(HashAlgorithm::kXxh3);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const ContentIdentity identity = identifier.identify(std::as_bytes(std::span(&i, 1)), {.model_id = "m"});
    keys.insert(identity.key);
    low.insert(identity.key.lo);
  }
  CHECK(keys.size() == 20'000);
  CHECK(low.size() == 20'000);
}

TEST_CASE("The identifier keeps account, from several threads") {
  ContentIdentifier identifier(HashAlgorithm::kSha256);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) (void)identifier.identify(bytes_of("0123456789"), {});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const HashUse use = identifier.use();
  CHECK(use.algorithm == HashAlgorithm::kSha256);
  CHECK(use.contents == 300);
  CHECK(use.bytes == Bytes{3000});
  CHECK(use.elapsed > Nanoseconds{0});
  const ContentIdentity identity = identifier.identify(bytes_of("abc"), {.model_id = "m"});
  CHECK(identity.content == digest_of(HashAlgorithm::kSha256, bytes_of("abc")));
  CHECK(identity.key == identity_key(HashAlgorithm::kSha256, identity.content, {.model_id = "m"}));
}
