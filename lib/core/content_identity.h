// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/hash.h"
#include "core/ids.h"
#include "core/tensor_view.h"
#include "core/units.h"

/// What makes two cached artefacts the same: a digest of the content together with the model, the processor's
/// settings and the element type that it was computed for. No digest is ever shorter than 128 bits: with 2^32
/// contents two share one with a probability below 2^-64. SHA-256 holds against somebody who looks for two
/// contents of one digest; XXH3-128 is faster and holds against chance alone. Values; failures are Errors.
namespace cachebench {

enum class HashAlgorithm : std::uint8_t { kSha256, kXxh3 };
[[nodiscard]] std::string_view name_of(HashAlgorithm algorithm);
/// "sha256" or "xxh3-128". Throws Error{kUsage} for others, with a line of its own for blake3.
[[nodiscard]] HashAlgorithm hash_algorithm(std::string_view name);
/// Their names, the default first.
[[nodiscard]] std::span<const std::string_view> hash_algorithm_names();

/// The whole digest of a content: 32 bytes of SHA-256 or 16 of XXH3-128.
class Digest {
 public:
  Digest() = default;
  /// REQUIRES: 16 or 32 bytes.
  explicit Digest(std::span<const std::byte> bytes);
  [[nodiscard]] std::span<const std::byte> bytes() const { return {bytes_.data(), size_}; }
  /// The first 128 bits.
  [[nodiscard]] Key key() const;
  [[nodiscard]] std::string hex() const;
  auto operator<=>(const Digest&) const = default;

 private:
  std::array<std::byte, 32> bytes_{};
  std::uint8_t size_ = 16;
};

/// Streaming digest of one content. Thread-compatible.
class ContentHasher {
 public:
  explicit ContentHasher(HashAlgorithm algorithm);
  ~ContentHasher();
  ContentHasher(ContentHasher&&) noexcept;
  ContentHasher& operator=(ContentHasher&&) noexcept;
  void update(std::span<const std::byte> data);
  void update(std::string_view text);
  /// Ends the stream.
  [[nodiscard]] Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] Digest digest_of(HashAlgorithm algorithm, std::span<const std::byte> data);

/// For whom an artefact was computed. Two of them differ in any member, so do their identities.
struct IdentityContext {
  std::string_view model_id{};            ///< also the revision, where weights may change
  std::string_view processor_settings{};  ///< whatever changes what the model sees: pixel limits, template, …
  DType dtype = DType::kF16;
};

/// 128 bits of the algorithm's digest over the content's digest and the context, each with its length.
[[nodiscard]] Key identity_key(HashAlgorithm algorithm, const Digest& content,
                               const IdentityContext& context);

struct ContentIdentity {
  Digest content;  ///< of the bytes alone: what is reported, and what similarity must differ from
  Key key;         ///< of the bytes and their context: what the cache is asked for
};

/// What hashing has cost.
struct HashUse {
  HashAlgorithm algorithm = HashAlgorithm::kSha256;
  std::uint64_t contents = 0;
  Bytes bytes;
  Nanoseconds elapsed{0};  ///< measured, summed over threads
};

/// Identifies contents and keeps account of what that takes. Thread-safe.
class ContentIdentifier {
 public:
  explicit ContentIdentifier(HashAlgorithm algorithm) : algorithm_(algorithm) {}
  [[nodiscard]] HashAlgorithm algorithm() const { return algorithm_; }
  [[nodiscard]] ContentIdentity identify(std::span<const std::byte> content, const IdentityContext& context);
  [[nodiscard]] HashUse use() const;

 private:
  HashAlgorithm algorithm_;
  std::atomic<std::uint64_t> contents_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::int64_t> elapsed_ns_{0};
};

}  // namespace cachebench
