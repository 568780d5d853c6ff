// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/ids.h"

/// Hashes: XXH3 for keys and logs, SHA-256 for the identity of files and content.
namespace cachebench {

[[nodiscard]] std::uint64_t hash64(std::span<const std::byte> data, std::uint64_t seed = 0);
[[nodiscard]] std::uint64_t hash64(std::string_view text, std::uint64_t seed = 0);
/// XXH3-128 of the bytes as a key.
[[nodiscard]] Key hash_key(std::span<const std::byte> data);
[[nodiscard]] Key hash_key(std::string_view text);
/// A key derived from a parent and up to three words: chained prefix blocks, artefacts of one content.
[[nodiscard]] Key derive_key(const Key& parent, std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0);

/// Streaming XXH3-128, for the decision log. Thread-compatible.
class Hasher128 {
 public:
  Hasher128();
  ~Hasher128();
  Hasher128(Hasher128&&) noexcept;
  Hasher128& operator=(Hasher128&&) noexcept;
  void update(std::span<const std::byte> data);
  [[nodiscard]] Hasher128 clone() const;
  /// 32 lower-case hex digits, high half first; the stream may go on.
  [[nodiscard]] std::string hex() const;
  [[nodiscard]] Key key() const;  ///< the same bits; the stream may go on

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Streaming SHA-256 (OpenSSL). Thread-compatible.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::span<const std::byte> data);
  [[nodiscard]] std::string hex();                   ///< 64 lower-case hex digits; ends the stream
  [[nodiscard]] std::array<std::byte, 32> digest();  ///< the same bits; ends the stream

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// SHA-256 of a whole file in hex. Throws Error{kInput} when it cannot be read.
[[nodiscard]] std::string sha256_of_file(const std::string& path);

[[nodiscard]] std::string to_hex(std::uint64_t value);  ///< 16 digits
[[nodiscard]] std::string to_hex(const Key& key);       ///< 32 digits

}  // namespace cachebench
