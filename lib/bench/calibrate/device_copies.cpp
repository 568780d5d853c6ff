// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/device_copies.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <span>
#include <string_view>
#include <utility>

#include "bench/calibrate/memory.h"
#include "core/error.h"
#include "tier/device/emulated_device.h"

namespace cachebench::bench {
namespace {

// Handed to its engine as throttled copies are, whatever the size.
std::shared_ptr<tier::DeviceApi> make_device() {
  tier::EmulatedDeviceOptions options;
  options.throttle = tier::Throttle::kOff;
  options.inline_up_to = Bytes{0};
  return tier::make_emulated_device(options);
}

tier::DevicePointer at(tier::DevicePointer base, Bytes offset) {
  return static_cast<tier::DevicePointer>(static_cast<std::uint64_t>(base) + offset.value);
}

}  // namespace

DeviceCopies::DeviceCopies(const Clock& clock, HostMemoryKind kind, Bytes largest)
    : clock_(clock), largest_(largest), device_(make_device()) {
  host_ = touched_memory(largest * 2);
  if (kind == HostMemoryKind::kPinned) {
    if (const int code = host_.lock(); code != 0)
      why_not_pinned_ = tier::describe_lock_failure(host_.size(), code) + "; plain memory stands in";
  }
  const auto memory = device_->malloc(largest * 2);
  if (!memory) throw Error(ErrorKind::kEnvironment, "calibration: the device has no memory for its copies");
  memory_ = *memory;
  up_ = device_->create_stream();
  down_ = device_->create_stream();
  (void)both_ways(largest);  // touches the device's pages
}

DeviceCopies::~DeviceCopies() {
  up_ = nullptr;
  down_ = nullptr;
  device_->free(memory_);
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
    const tier::HostToDevice copy{.target = memory_, .source = host_.span().first(size.value)};
    up_->memcpy_async(std::span(&copy, 1), done);
  } else {
    const tier::DeviceToHost copy{.target = host_.span().subspan(largest_.value, size.value),
                                  .source = at(memory_, largest_)};
    down_->memcpy_async(std::span(&copy, 1), done);
  }
}

void DeviceCopies::rethrow() {
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

Nanoseconds DeviceCopies::once(CopyWay way, Bytes size) {
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

}  // namespace cachebench::bench
