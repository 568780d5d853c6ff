// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cachebench::tier {

/// CRC32C (Castagnoli) of bytes that arrive in pieces, by the CPU's instructions where it has them. The value
/// is the standard one: "123456789" gives 0xE3069283. Thread-compatible; cannot fail.
class Crc32c {
 public:
  void update(std::span<const std::byte> data);
  [[nodiscard]] std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = 0xFFFFFFFFU;
};

[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> data);

}  // namespace cachebench::tier
