// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/device_copies.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <span>
#include <string_view>
#include <utility>

#include "bench/calibrate/memory.h"
#include "core/error.h"
#include "tier/device/cuda/cuda_device.h"
#include "tier/device/emulated_device.h"

namespace cachebench::bench {
namespace {

tier::DevicePointer at(tier::DevicePointer base, Bytes offset) {
  return static_cast<tier::DevicePointer>(static_cast<std::uint64_t>(base) + offset.value);
}

}  // namespace

std::shared_ptr<tier::DeviceApi> calibrated_device(std::string& why_emulated) {
  try {
    return tier::make_cuda_device();
  } catch (const Error& error) {
    why_emulated = error.what();
  }
  tier::EmulatedDeviceOptions options;
  options.throttle = tier::Throttle::kOff;
  options.inline_up_to = Bytes{0};  // handed to its engine as throttled copies are, whatever the size
  return tier::make_emulated_device(options);
}

DeviceCopies::DeviceCopies(const Clock& clock, std::shared_ptr<tier::DeviceApi> device, HostMemoryKind kind,
                           Bytes largest)
    : clock_(clock), largest_(largest), device_(std::move(device)) {
  take_host_memory(kind);
  const auto memory = device_->malloc(largest * 2);
  if (!memory) {
    if (pinned_ != nullptr) pinned_->release(host_.data());
    throw Error(ErrorKind::kEnvironment, "calibration: the device has no memory for its copies");
  }
  memory_ = *memory;
  up_ = device_->create_stream();
  down_ = device_->create_stream();
  (void)both_ways(largest);  // touches the device's pages
}

void DeviceCopies::take_host_memory(HostMemoryKind kind) {
  const Bytes size = largest_ * 2;
  if (kind == HostMemoryKind::kPinned && basis() == CalibrationBasis::kMeasured) {
    pinned_ = device_->pinned_memory();
    std::byte* const data = pinned_ == nullptr ? nullptr : pinned_->allocate(size);
    if (data != nullptr) {
      host_ = {data, size.value};
      std::memset(data, 0x5A, size.value);
      return;
    }
    pinned_ = nullptr;
    why_not_pinned_ = "the device gives no page-locked memory; plain memory stands in";
  }
  plain_ = touched_memory(size);
  host_ = plain_.span().first(size.value);
  if (kind == HostMemoryKind::kPageable || !why_not_pinned_.empty()) return;
  if (const int code = plain_.lock(); code != 0)
    why_not_pinned_ = tier::describe_lock_failure(size, code) + "; plain memory stands in";
}

DeviceCopies::~DeviceCopies() {
  up_ = nullptr;
  down_ = nullptr;
  device_->free(memory_);
  if (pinned_ != nullptr) pinned_->release(host_.data());
}

CalibrationBasis DeviceCopies::basis() const {
  return std::string_view(device_->kind()) == "emulated" ? CalibrationBasis::kEmulated
                                                         : CalibrationBasis::kMeasured;
}

void DeviceCopies::submit(CopyWay way, Bytes size, Nanoseconds& finished) {
  const auto done = [this, &finished](const tier::CopyResult& result) {
    finished = clock_.now();
    if (result.error) error_ = result.error;
  };
  if (way == CopyWay::kUp) {
    const tier::HostToDevice copy{.target = memory_, .source = host_.first(size.value)};
    up_->memcpy_async(std::span(&copy, 1), done);
  } else {
    const tier::DeviceToHost copy{.target = host_.subspan(largest_.value, size.value),
                                  .source = at(memory_, largest_)};
    down_->memcpy_async(std::span(&copy, 1), done);
  }
}

void DeviceCopies::rethrow() {
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

// After a pause, as a cache's copies come: an engine that has just been busy is not asleep yet.
Nanoseconds DeviceCopies::once(CopyWay way, Bytes size) {
  // Longer than a processor goes on looking for work before it sleeps, which a run's engines find asleep.
  constexpr Nanoseconds kPause{1'000'000};
  for (const Nanoseconds end = clock_.now() + kPause; clock_.now() < end;) continue;
  Nanoseconds finished{0};
  const Nanoseconds begun = clock_.now();
  submit(way, size, finished);
  (way == CopyWay::kUp ? up_ : down_)->synchronize();
  rethrow();
  return finished - begun;
}

Nanoseconds DeviceCopies::both_ways(Bytes size) {
  Nanoseconds up{0};
  Nanoseconds down{0};
  const Nanoseconds begun = clock_.now();
  submit(CopyWay::kUp, size, up);
  submit(CopyWay::kDown, size, down);
  up_->synchronize();
  down_->synchronize();
  rethrow();
  return std::max(up, down) - begun;
}

Nanoseconds DeviceCopies::queued_pair() {
  constexpr int kQueued = 256;
  constexpr std::size_t kSmall = 256;
  const std::array<tier::HostToDevice, 2> pair{
      {{.target = memory_, .source = host_.first(kSmall)},
       {.target = at(memory_, Bytes{kSmall}), .source = host_.subspan(kSmall, kSmall)}}};
  const Nanoseconds begun = clock_.now();
  for (int i = 0; i < kQueued; ++i) {
    up_->memcpy_async(std::span<const tier::HostToDevice>(pair), [this](const tier::CopyResult& result) {
      if (result.error) error_ = result.error;
    });
  }
  up_->synchronize();
  const Nanoseconds elapsed = clock_.now() - begun;
  rethrow();
  return elapsed / kQueued;
}

}  // namespace cachebench::bench
