// SPDX-License-Identifier: Apache-2.0
#include "core/content_identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>
#include <vector>

#include "core/check.h"
#include "core/error.h"
#include "core/nearest.h"

namespace cachebench {
namespace {

constexpr std::array<std::string_view, 2> kNames{"sha256", "xxh3-128"};

std::uint64_t big_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

void store_big_endian(std::uint64_t value, std::span<std::byte> to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] = static_cast<std::byte>(value >> (8 * (to.size() - 1 - i)));
  }
}

// With its length first, so that no two lists of fields are one stream of bytes.
void append_field(std::vector<std::byte>& to, std::span<const std::byte> field) {
  std::array<std::byte, 8> length{};
  store_big_endian(field.size(), length);
  to.insert(to.end(), length.begin(), length.end());
  to.insert(to.end(), field.begin(), field.end());
}

Digest digest_of_key(const Key& key) {
  std::array<std::byte, 16> bytes{};
  store_big_endian(key.hi, std::span(bytes).first(8));
  store_big_endian(key.lo, std::span(bytes).last(8));
  return Digest(bytes);
}

}  // namespace

std::string_view name_of(HashAlgorithm algorithm) {
  return kNames[static_cast<std::size_t>(algorithm)];
}

HashAlgorithm hash_algorithm(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found != kNames.end()) return static_cast<HashAlgorithm>(found - kNames.begin());
  if (name == "blake3") {
    throw Error(ErrorKind::kUsage,
                "hash 'blake3': none of the libraries this program is built with has BLAKE3; take sha256 "
                "(safe against forged contents) or xxh3-128 (faster)");
  }
  const std::vector<std::string> known(kNames.begin(), kNames.end());
  throw Error(ErrorKind::kUsage, unknown_name("hash", name, known));
}

std::span<const std::string_view> hash_algorithm_names() {
  return kNames;
}

Digest::Digest(std::span<const std::byte> bytes) : size_(static_cast<std::uint8_t>(bytes.size())) {
  CACHEBENCH_CHECK(bytes.size() == 16 || bytes.size() == 32, "a digest of {} bytes", bytes.size());
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

Key Digest::key() const {
  const std::span<const std::byte> all(bytes_);
  return Key{.hi = big_endian(all.subspan(0, 8)), .lo = big_endian(all.subspan(8, 8))};
}

std::string Digest::hex() const {
  std::string text;
  for (const std::byte byte : bytes()) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

struct ContentHasher::State {
  std::variant<Sha256, Hasher128> hasher;
};

ContentHasher::ContentHasher(HashAlgorithm algorithm) : state_(std::make_unique<State>()) {
  if (algorithm == HashAlgorithm::kXxh3) state_->hasher.emplace<Hasher128>();
}
ContentHasher::~ContentHasher() = default;
ContentHasher::ContentHasher(ContentHasher&&) noexcept = default;
ContentHasher& ContentHasher::operator=(ContentHasher&&) noexcept = default;

void ContentHasher::update(std::span<const std::byte> data) {
  std::visit([&](auto& hasher) { hasher.update(data); }, state_->hasher);
}

void ContentHasher::update(std::string_view text) {
  update(std::as_bytes(std::span(text)));
}

Digest ContentHasher::finish() {
  if (auto* sha = std::get_if<Sha256>(&state_->hasher)) return Digest(sha->digest());
  return digest_of_key(std::get<Hasher128>(state_->hasher).key());
}

Digest digest_of(HashAlgorithm algorithm, std::span<const std::byte> data) {
  // In one go: a stream's state costs more than a short content.
  if (algorithm == HashAlgorithm::kXxh3) return digest_of_key(hash_key(data));
  Sha256 sha;
  sha.update(data);
  return Digest(sha.digest());
}

Key identity_key(HashAlgorithm algorithm, const Digest& content, const IdentityContext& context) {
  std::vector<std::byte> fields;
  fields.reserve(4 * 8 + content.bytes().size() + context.model_id.size() +
                 context.processor_settings.size() + 8);
  append_field(fields, content.bytes());
  append_field(fields, std::as_bytes(std::span(context.model_id)));
  append_field(fields, std::as_bytes(std::span(context.processor_settings)));
  append_field(fields, std::as_bytes(std::span(name_of(context.dtype))));
  return digest_of(algorithm, fields).key();
}

ContentIdentity ContentIdentifier::identify(std::span<const std::byte> content,
                                            const IdentityContext& context) {
  const auto start = std::chrono::steady_clock::now();
  ContentIdentity identity{.content = digest_of(algorithm_, content), .key = {}};
  identity.key = identity_key(algorithm_, identity.content, context);
  const auto elapsed = std::chrono::steady_clock::now() - start;
  elapsed_ns_.fetch_add(std::chrono::nanoseconds(elapsed).count(), std::memory_order_relaxed);
  contents_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(content.size(), std::memory_order_relaxed);
  return identity;
}

HashUse ContentIdentifier::use() const {
  return {.algorithm = algorithm_,
          .contents = contents_.load(std::memory_order_relaxed),
          .bytes = Bytes{bytes_.load(std::memory_order_relaxed)},
          .elapsed = Nanoseconds{elapsed_ns_.load(std::memory_order_relaxed)}};
}

}  // namespace cachebench
