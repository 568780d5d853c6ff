// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "core/clock.h"
#include "core/shared_tensor.h"
#include "core/sync.h"
#include "core/units.h"
#include "hardware/profile.h"
#include "pipeline/io/device_buffers.h"
#include "tier/device/device_api.h"
#include "tier/device/emulated_device.h"
#include "tier/host/staging_pool.h"

/// Brings the inputs of a batch to the device: through page-locked staging buffers, on several streams, while
/// whoever asked goes on with something else. Each of the three can be switched off, which costs what it
/// costs on the device: pageable copies run at the profile's pageable rate, one stream takes one copy after
/// the other, and without asynchronous transfers every copy is waited for before the next one starts.
///
/// The device is the emulated one or any other behind tier::DeviceApi. Thread-safe; outlives its uploads and
/// the tensors it made.
namespace cachebench::pipeline {

struct IoOptions {
  bool pinned_memory = true;
  bool async_transfers = true;
  std::uint32_t streams = 2;  ///< at least 1
  bool reuse_memory = true;   ///< of the device, for uploads to come
};

struct IoStats {
  std::uint64_t uploads = 0;
  std::uint64_t copies = 0;
  Bytes bytes;
  Bytes staged;           ///< of them, through page-locked buffers
  Nanoseconds waited{0};  ///< by callers, for copies that were not done yet
  std::uint64_t reused_staging = 0;
  std::uint64_t reused_memory = 0;  ///< uploads into device memory that had been used before
  std::uint64_t no_room = 0;        ///< uploads that found no room on the device
};

class OptimizedIOMechanism {
 public:
  OptimizedIOMechanism(std::shared_ptr<tier::DeviceApi> device, const Clock& clock, const IoOptions& options);
  ~OptimizedIOMechanism();
  OptimizedIOMechanism(const OptimizedIOMechanism&) = delete;
  OptimizedIOMechanism& operator=(const OptimizedIOMechanism&) = delete;

  /// What was brought to the device; gives its memory back when destroyed, after the copies are done.
  class Upload {
   public:
    Upload() noexcept;  ///< nothing
    Upload(Upload&&) noexcept;
    Upload& operator=(Upload&&) noexcept;
    ~Upload();
    /// Blocks until all of it is there. Throws Error{kEnvironment} where the device refused a copy.
    void wait();

   private:
    friend class OptimizedIOMechanism;
    struct State;
    std::unique_ptr<State> state_;
  };

  /// A tensor to be filled and then uploaded, in page-locked memory where that is on: its upload needs no
  /// staging. What reads from a drive or decodes a picture can write it where the copy engine will read it.
  struct Fillable {
    SharedTensor tensor;
    std::span<std::byte> bytes;  ///< of it; nobody writes them after the upload has begun
  };
  [[nodiscard]] Fillable page_locked(const TensorMeta& meta) CACHEBENCH_EXCLUDES(mutex_);
  /// Starts copying; without asynchronous transfers it is done on return. The tensors are held meanwhile.
  [[nodiscard]] Upload upload(std::span<const SharedTensor> tensors);
  [[nodiscard]] IoStats stats() const CACHEBENCH_EXCLUDES(mutex_);
  /// Starts counting anew.
  void reset_stats() CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] const IoOptions& options() const { return options_; }
  [[nodiscard]] const tier::DeviceApi& device() const { return *device_; }

 private:
  struct Locked;
  [[nodiscard]] bool is_page_locked(std::span<const std::byte> bytes) const CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] std::span<const std::byte> source_of(const SharedTensor& tensor, Upload::State& state);
  void copy(std::span<const std::byte> source, tier::DevicePointer target, Upload::State& state);

  const std::shared_ptr<tier::DeviceApi> device_;
  const Clock& clock_;
  const IoOptions options_;
  tier::StagingPool staging_;
  DeviceBuffers memory_;
  std::vector<std::unique_ptr<tier::DeviceStream>> streams_;
  std::atomic<std::uint32_t> next_stream_{0};
  mutable Mutex mutex_;
  IoStats stats_ CACHEBENCH_GUARDED_BY(mutex_);
  // Of buffers that go on counting, when counting here began.
  std::uint64_t reused_staging_before_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::uint64_t reused_memory_before_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::map<const std::byte*, std::size_t> locked_ CACHEBENCH_GUARDED_BY(mutex_);  // page_locked(), alive
};

/// The emulated device of a profile, its link at the rate of the memory that is copied from.
[[nodiscard]] std::shared_ptr<tier::DeviceApi> emulated_device_for(const hardware::Profile& profile,
                                                                   const IoOptions& options,
                                                                   tier::Throttle throttle);

}  // namespace cachebench::pipeline
