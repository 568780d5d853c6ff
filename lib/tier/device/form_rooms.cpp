// SPDX-License-Identifier: Apache-2.0
#include "tier/device/form_rooms.h"

#include <algorithm>
#include <bit>

#include "core/check.h"

namespace cachebench::tier {
namespace {

constexpr std::uint64_t kSmallest = 64 * kKiB.value;

}  // namespace

FormRooms::~FormRooms() {
  const MutexLock lock(mutex_);
  for (const Room& room : rooms_) {
    CACHEBENCH_CHECK(!room.is_taken, "a room of {} bytes is still in use", room.size.value);
    device_.free(room.at);
  }
}

std::optional<DevicePointer> FormRooms::take(Bytes bytes) {
  if (bytes > bound_) return std::nullopt;
  const Bytes size{std::bit_ceil(std::max(bytes.value, kSmallest))};
  const MutexLock lock(mutex_);
  if (const auto idle = take_idle(bytes)) return idle;
  if (size > bound_ - std::min(held_, bound_)) return std::nullopt;
  const std::optional<DevicePointer> fresh = device_.malloc(size);
  if (!fresh) return std::nullopt;
  rooms_.push_back({.at = *fresh, .size = size, .is_taken = true});
  held_ += size;
  return fresh;
}

// The smallest that is large enough.
std::optional<DevicePointer> FormRooms::take_idle(Bytes bytes) {
  Room* best = nullptr;
  for (Room& room : rooms_) {
    if (room.is_taken || room.size < bytes) continue;
    if (best == nullptr || room.size < best->size) best = &room;
  }
  if (best == nullptr) return std::nullopt;
  best->is_taken = true;
  return best->at;
}

void FormRooms::give_back(DevicePointer room) noexcept {
  const MutexLock lock(mutex_);
  const auto found =
      std::find_if(rooms_.begin(), rooms_.end(), [&](const Room& one) { return one.at == room; });
  CACHEBENCH_CHECK(found != rooms_.end() && found->is_taken, "no room of these");
  found->is_taken = false;
}

Bytes FormRooms::held() const {
  const MutexLock lock(mutex_);
  return held_;
}

}  // namespace cachebench::tier
