// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <bit>

namespace cachebench::tier {

void Crc32c::update(std::span<const std::byte> data) {
  constexpr std::size_t kStep = std::size_t{1} << 30;  // the library counts in int
  while (!data.empty()) {
    const std::size_t now = std::min(data.size(), kStep);
    // crc32_iscsi inverts neither before nor after, and only reads through its pointer.
    state_ = crc32_iscsi(std::bit_cast<unsigned char*>(data.data()), static_cast<int>(now), state_);
    data = data.subspan(now);
  }
}

std::uint32_t crc32c(std::span<const std::byte> data) {
  Crc32c crc;
  crc.update(data);
  return crc.value();
}

}  // namespace cachebench::tier
