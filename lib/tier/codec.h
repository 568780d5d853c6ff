// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

/// Lossless codecs for the records of a plane: bytes to fewer bytes and back, exactly. What cannot be made
/// smaller or does not decode is a return value, never an exception. One variant is one file here, registered
/// by name.
namespace cachebench::tier {

/// Thread-safe. Owns working memory only.
class Codec {
 public:
  virtual ~Codec() = default;
  /// Encodes into `out` and returns the length, or nothing when the result would not fit. `element_bytes` is
  /// the width of the elements that `in` is made of: a hint for codecs that look for it.
  [[nodiscard]] virtual std::optional<std::size_t> encode(std::span<const std::byte> in,
                                                          std::size_t element_bytes,
                                                          std::span<std::byte> out) const = 0;
  /// True when `in` decodes to exactly `out.size()` bytes; else `out` is undefined.
  [[nodiscard]] virtual bool decode(std::span<const std::byte> in, std::span<std::byte> out) const = 0;
};

struct CodecDescriptor {
  std::string name;     ///< as in a config
  std::uint8_t id = 0;  ///< as in a record's header: never reused, never changed
  int default_level = 0;
  int min_level = 0;
  int max_level = 0;
  std::string doc;  ///< one line
  std::function<std::unique_ptr<Codec>(int level)> make = {};
};

}  // namespace cachebench::tier
