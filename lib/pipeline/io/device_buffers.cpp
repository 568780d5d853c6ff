// SPDX-License-Identifier: Apache-2.0
#include "pipeline/io/device_buffers.h"

#include <algorithm>
#include <bit>

namespace cachebench::pipeline {
namespace {

constexpr std::uint64_t kSmallest = 64 * kKiB.value;

// Eight sizes an octave: what is asked for next is rarely of the same size to the byte.
Bytes rounded(Bytes bytes) {
  const std::uint64_t wanted = std::max(bytes.value, kSmallest);
  const std::uint64_t step = std::bit_floor(wanted) / 8;
  return Bytes{(wanted + step - 1) / step * step};
}

}  // namespace

DeviceBuffers::~DeviceBuffers() {
  free(buffers_);
}

std::optional<DeviceBuffers::Buffer> DeviceBuffers::acquire(Bytes bytes) {
  const Bytes size = bound_ == Bytes{0} ? bytes : rounded(bytes);
  {
    const MutexLock lock(mutex_);
    const auto found = buffers_.lower_bound(size);
    // A much larger one is kept for those who need it.
    if (found != buffers_.end() && found->first.value <= 2 * size.value) {
      const Buffer buffer{.at = found->second, .size = found->first};
      idle_ -= buffer.size;
      buffers_.erase(found);
      ++reused_;
      return buffer;
    }
  }
  if (const auto at = device_.malloc(size)) return Buffer{.at = *at, .size = size};
  Idle idle;
  {
    const MutexLock lock(mutex_);
    idle = take_idle(Bytes{0});
  }
  if (idle.empty()) return std::nullopt;
  free(idle);
  if (const auto at = device_.malloc(size)) return Buffer{.at = *at, .size = size};
  return std::nullopt;
}

void DeviceBuffers::give_back(Buffer buffer) noexcept {
  Idle out;
  bool kept = false;
  if (buffer.size <= bound_) {
    const MutexLock lock(mutex_);
    out = take_idle(bound_ - buffer.size);
    try {
      buffers_.emplace(buffer.size, buffer.at);
      idle_ += buffer.size;
      kept = true;
    } catch (...) {  // no memory to remember it in
    }
  }
  free(out);
  if (!kept) device_.free(buffer.at);
}

std::uint64_t DeviceBuffers::reused() const {
  const MutexLock lock(mutex_);
  return reused_;
}

Bytes DeviceBuffers::idle() const {
  const MutexLock lock(mutex_);
  return idle_;
}

DeviceBuffers::Idle DeviceBuffers::take_idle(Bytes down_to) noexcept {
  Idle taken;
  while (idle_ > down_to) {
    const auto smallest = buffers_.begin();
    idle_ -= smallest->first;
    taken.insert(buffers_.extract(smallest));  // moves the node: takes no memory
  }
  return taken;
}

void DeviceBuffers::free(const Idle& buffers) noexcept {
  for (const auto& [size, at] : buffers) device_.free(at);
}

}  // namespace cachebench::pipeline
