// SPDX-License-Identifier: Apache-2.0
#include "core/hash.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <vector>

#include "core/check.h"
#include "core/file.h"

namespace cachebench {
namespace {

Key to_key(XXH128_hash_t hash) {
  return Key{hash.high64, hash.low64};
}

}  // namespace

std::uint64_t hash64(std::span<const std::byte> data, std::uint64_t seed) {
  return XXH3_64bits_withSeed(data.data(), data.size(), seed);
}

std::uint64_t hash64(std::string_view text, std::uint64_t seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

Key hash_key(std::span<const std::byte> data) {
  return to_key(XXH3_128bits(data.data(), data.size()));
}

Key hash_key(std::string_view text) {
  return to_key(XXH3_128bits(text.data(), text.size()));
}

Key derive_key(const Key& parent, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  const std::array<std::uint64_t, 5> words{parent.hi, parent.lo, a, b, c};
  return hash_key(std::as_bytes(std::span(words)));
}

struct Hasher128::State {
  XXH3_state_t xxh;
};

Hasher128::Hasher128() : state_(std::make_unique<State>()) {
  XXH3_128bits_reset(&state_->xxh);
}
Hasher128::~Hasher128() = default;
Hasher128::Hasher128(Hasher128&&) noexcept = default;
Hasher128& Hasher128::operator=(Hasher128&&) noexcept = default;

void Hasher128::update(std::span<const std::byte> data) {
  XXH3_128bits_update(&state_->xxh, data.data(), data.size());
}

Hasher128 Hasher128::clone() const {
  Hasher128 copy;
  *copy.state_ = *state_;
  return copy;
}

std::string Hasher128::hex() const {
  return to_hex(key());
}

Key Hasher128::key() const {
  return to_key(XXH3_128bits_digest(&state_->xxh));
}

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  CACHEBENCH_CHECK(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1, "SHA-256 unavailable");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> data) {
  CACHEBENCH_CHECK(EVP_DigestUpdate(state_->context, data.data(), data.size()) == 1, "SHA-256 update");
}

std::array<std::byte, 32> Sha256::digest() {
  std::array<std::byte, 32> digest{};
  auto* out = reinterpret_cast<unsigned char*>(digest.data());
  CACHEBENCH_CHECK(EVP_DigestFinal_ex(state_->context, out, nullptr) == 1, "SHA-256 final");
  return digest;
}

std::string Sha256::hex() {
  std::string text;
  for (const std::byte byte : digest()) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

std::string sha256_of_file(const std::string& path) {
  const MappedFile file(path);
  Sha256 sha;
  sha.update(file.bytes());
  return sha.hex();
}

std::string to_hex(std::uint64_t value) {
  return fmt::format("{:016x}", value);
}

std::string to_hex(const Key& key) {
  return fmt::format("{:016x}{:016x}", key.hi, key.lo);
}

}  // namespace cachebench
