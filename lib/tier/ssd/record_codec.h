// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "tier/codec.h"
#include "tier/plane.h"
#include "tier/ssd/page.h"

namespace cachebench::tier {

/// The codecs that a store needs: one to write with, and whichever its records were written with. Thread-safe
/// after construction; failures are return values.
class RecordCodec {
 public:
  /// Throws Error{kUsage} for a name or level that is not known; level 0 is the codec's default.
  RecordCodec(const std::string& name, int level);

  /// Whether records are encoded at all.
  [[nodiscard]] bool encodes() const { return id_ != 0; }
  [[nodiscard]] std::uint8_t id() const { return id_; }

  struct Encoded {
    PageBuffer buffer;  ///< padded with zeros to whole pages
    std::uint64_t bytes = 0;
  };
  /// Nothing when it would save no page, or there is no memory for it.
  [[nodiscard]] std::optional<Encoded> encode(std::span<const std::byte> in, const RecordInfo& info) const;
  /// With the codec of that id; false when there is none, or `in` is not what it made of `out.size()` bytes.
  [[nodiscard]] bool decode(std::uint8_t id, std::span<const std::byte> in, std::span<std::byte> out) const;

 private:
  std::uint8_t id_ = 0;
  std::array<std::unique_ptr<Codec>, 256> by_id_;
};

}  // namespace cachebench::tier
