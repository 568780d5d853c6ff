// SPDX-License-Identifier: Apache-2.0
#include "cache/decision_log.h"

#include <bit>
#include <cstring>
#include <span>

namespace cachebench::cache {

static_assert(std::endian::native == std::endian::little, "records are written as they lie in memory");

void DecisionLog::record(DecisionEvent event, const Key& key, Level from, Level to) {
  const std::array<std::uint64_t, 2> words{key.hi, key.lo};
  const std::uint64_t key_hash = hash64(std::as_bytes(std::span(words)));
  std::byte* at = buffer_.data() + buffered_;
  std::memcpy(at, &sequence_, 8);
  at[8] = static_cast<std::byte>(event);
  std::memcpy(at + 9, &key_hash, 8);
  at[17] = static_cast<std::byte>(from);
  at[18] = static_cast<std::byte>(to);
  ++sequence_;
  buffered_ += kRecord;
  if (buffered_ < buffer_.size()) return;
  hasher_.update(buffer_);
  buffered_ = 0;
}

std::string DecisionLog::hex() const {
  Hasher128 copy = hasher_.clone();
  copy.update(std::span(buffer_).first(buffered_));
  return copy.hex();
}

}  // namespace cachebench::cache
