// SPDX-License-Identifier: Apache-2.0
#include "pipeline/io/optimized_io.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string_view>
#include <utility>

#include "core/check.h"
#include "core/error.h"

namespace cachebench::pipeline {
namespace {

constexpr std::uint64_t kAlignment = 256;
constexpr Bytes kIdleMemory{256 * kMiB.value};  // of the device, kept for uploads to come

std::uint64_t aligned(std::uint64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// A GPU's copy engines reach the memory that its driver locked. The emulated ones are threads, to which the
// host's own does as well.
std::shared_ptr<tier::PinnedMemory> lent_by(tier::DeviceApi& device) {
  return std::string_view(device.kind()) == "emulated" ? nullptr : device.pinned_memory();
}

/// Counts copies under way, and keeps the first refusal.
class Pending {
 public:
  void start() {
    const MutexLock lock(mutex_);
    ++left_;
  }
  void done(const tier::CopyResult& result) {
    const MutexLock lock(mutex_);
    if (result.error && !error_) error_ = result.error;
    --left_;
    changed_.notify_all();
  }
  [[nodiscard]] std::exception_ptr wait() {
    const MutexLock lock(mutex_);
    while (left_ > 0) changed_.wait(mutex_);
    return error_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::size_t left_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::exception_ptr error_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace

struct OptimizedIOMechanism::Upload::State {
  OptimizedIOMechanism* io = nullptr;
  DeviceBuffers::Buffer memory;
  std::vector<SharedTensor> tensors;
  std::vector<tier::StagingPool::Lease> staging;
  std::shared_ptr<Pending> pending = std::make_shared<Pending>();
};

OptimizedIOMechanism::Upload::Upload() noexcept = default;
OptimizedIOMechanism::Upload::Upload(Upload&&) noexcept = default;

OptimizedIOMechanism::Upload& OptimizedIOMechanism::Upload::operator=(Upload&& other) noexcept {
  if (this != &other) std::swap(state_, other.state_);
  return *this;
}

OptimizedIOMechanism::Upload::~Upload() {
  if (!state_) return;
  static_cast<void>(state_->pending->wait());
  state_->io->memory_.give_back(state_->memory);
}

void OptimizedIOMechanism::Upload::wait() {
  if (!state_) return;
  const Nanoseconds begun = state_->io->clock_.now();
  const std::exception_ptr error = state_->pending->wait();
  const Nanoseconds waited = state_->io->clock_.now() - begun;
  state_->staging.clear();
  {
    const MutexLock lock(state_->io->mutex_);
    state_->io->stats_.waited += waited;
  }
  if (error) std::rethrow_exception(error);
}

OptimizedIOMechanism::OptimizedIOMechanism(std::shared_ptr<tier::DeviceApi> device, const Clock& clock,
                                           const IoOptions& options)
    : device_(std::move(device)),
      clock_(clock),
      options_(options),
      staging_({.lock = options.pinned_memory ? tier::PageLock::kTry : tier::PageLock::kOff,
                .pinned = options.pinned_memory ? lent_by(*device_) : nullptr}),
      memory_(*device_, options.reuse_memory ? kIdleMemory : Bytes{0}) {
  CACHEBENCH_CHECK(options_.streams > 0);
  for (std::uint32_t i = 0; i < options_.streams; ++i) streams_.push_back(device_->create_stream());
}

OptimizedIOMechanism::~OptimizedIOMechanism() = default;

/// Keeps a buffer of page_locked() known while its tensor lives.
struct OptimizedIOMechanism::Locked {
  Locked(OptimizedIOMechanism& owner, tier::StagingPool::Lease buffer)
      : io(owner), lease(std::move(buffer)) {}
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
  ~Locked() {
    const MutexLock lock(io.mutex_);
    io.locked_.erase(lease.span().data());
  }
  OptimizedIOMechanism& io;
  tier::StagingPool::Lease lease;
};

OptimizedIOMechanism::Fillable OptimizedIOMechanism::page_locked(const TensorMeta& meta) {
  const auto locked = std::make_shared<Locked>(*this, staging_.acquire(meta.bytes()));
  const std::span<std::byte> bytes = locked->lease.span().first(meta.bytes().value);
  {
    const MutexLock lock(mutex_);
    locked_.emplace(bytes.data(), bytes.size());
  }
  return {.tensor = SharedTensor(meta, std::shared_ptr<const std::byte>(locked, bytes.data())),
          .bytes = bytes};
}

bool OptimizedIOMechanism::is_page_locked(std::span<const std::byte> bytes) const {
  const MutexLock lock(mutex_);
  const auto after = locked_.upper_bound(bytes.data());
  if (after == locked_.begin()) return false;
  const auto& [begin, size] = *std::prev(after);
  return bytes.data() + bytes.size() <= begin + size;
}

OptimizedIOMechanism::Upload OptimizedIOMechanism::upload(std::span<const SharedTensor> tensors) {
  std::uint64_t total = 0;
  for (const SharedTensor& tensor : tensors) total += aligned(tensor.bytes().value);
  Upload upload;
  if (total == 0) return upload;
  const std::optional<DeviceBuffers::Buffer> memory = memory_.acquire(Bytes{total});
  {
    const MutexLock lock(mutex_);
    ++stats_.uploads;
    if (!memory) ++stats_.no_room;
  }
  if (!memory) return upload;
  upload.state_ = std::make_unique<Upload::State>();
  Upload::State& state = *upload.state_;
  state.io = this;
  state.memory = *memory;
  state.tensors.assign(tensors.begin(), tensors.end());
  std::uint64_t offset = 0;
  for (const SharedTensor& tensor : state.tensors) {
    if (tensor.bytes().value == 0) continue;
    const auto target = static_cast<tier::DevicePointer>(static_cast<std::uint64_t>(memory->at) + offset);
    copy(source_of(tensor, state), target, state);
    offset += aligned(tensor.bytes().value);
  }
  return upload;
}

// Page-locked memory is what the copy engine reads at full speed; what lies elsewhere is staged.
std::span<const std::byte> OptimizedIOMechanism::source_of(const SharedTensor& tensor, Upload::State& state) {
  const auto bytes = tensor.view().data;
  if (!options_.pinned_memory || is_page_locked(bytes)) return bytes;
  state.staging.push_back(staging_.acquire(Bytes{bytes.size()}));
  const std::span<std::byte> staged = state.staging.back().span().first(bytes.size());
  std::memcpy(staged.data(), bytes.data(), bytes.size());
  const MutexLock lock(mutex_);
  stats_.staged += Bytes{bytes.size()};
  return staged;
}

void OptimizedIOMechanism::copy(std::span<const std::byte> source, tier::DevicePointer target,
                                Upload::State& state) {
  const std::size_t stream =
      options_.async_transfers ? next_stream_.fetch_add(1, std::memory_order_relaxed) % streams_.size() : 0;
  {
    const MutexLock lock(mutex_);
    ++stats_.copies;
    stats_.bytes += Bytes{source.size()};
  }
  const tier::HostToDevice one{.target = target, .source = source};
  state.pending->start();
  streams_[stream]->memcpy_async(
      std::span(&one, 1),
      [pending = state.pending](const tier::CopyResult& result) { pending->done(result); });
  if (!options_.async_transfers) static_cast<void>(state.pending->wait());
}

IoStats OptimizedIOMechanism::stats() const {
  const MutexLock lock(mutex_);
  IoStats stats = stats_;
  stats.reused_staging = staging_.stats().reused - reused_staging_before_;
  stats.reused_memory = memory_.reused() - reused_memory_before_;
  return stats;
}

void OptimizedIOMechanism::reset_stats() {
  const MutexLock lock(mutex_);
  stats_ = {};
  reused_staging_before_ = staging_.stats().reused;
  reused_memory_before_ = memory_.reused();
}

std::shared_ptr<tier::DeviceApi> emulated_device_for(const hardware::Profile& profile,
                                                     const IoOptions& options, tier::Throttle throttle) {
  tier::EmulatedDeviceOptions device;
  device.h2d = profile.h2d;
  device.d2h = profile.d2h;
  if (!options.pinned_memory && profile.pageable_bytes_per_second > 0) {
    device.h2d.bytes_per_second = std::min(device.h2d.bytes_per_second, profile.pageable_bytes_per_second);
    device.d2h.bytes_per_second = std::min(device.d2h.bytes_per_second, profile.pageable_bytes_per_second);
  }
  device.throttle = throttle;
  device.engines_per_direction = static_cast<int>(std::min<std::uint32_t>(options.streams, 2));
  return tier::make_emulated_device(device);
}

}  // namespace cachebench::pipeline
