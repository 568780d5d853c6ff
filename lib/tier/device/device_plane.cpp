// SPDX-License-Identifier: Apache-2.0
#include "tier/device/device_plane.h"

#include <atomic>
#include <string_view>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/sync.h"
#include "tier/block_space.h"

namespace cachebench::tier {
namespace {

// Up to here a submission costs more than the copy, so copies are worth gathering.
constexpr Bytes kGathered{64 * kKiB.value};

class DeviceMemory final : public MemorySource {
 public:
  explicit DeviceMemory(DeviceApi& device) : device_(device) {}
  [[nodiscard]] std::uint64_t map(Bytes size) override {
    return static_cast<std::uint64_t>(device_.malloc(size).value_or(DevicePointer{}));
  }
  void unmap(std::uint64_t address, Bytes) noexcept override {
    device_.free(static_cast<DevicePointer>(address));
  }

 private:
  DeviceApi& device_;
};

Completion completion_of(const CopyResult& result) {
  return {.status = result.error ? TransferStatus::kFailed : TransferStatus::kDone,
          .error = result.error,
          .service = result.service};
}

/// One direction: a stream, and the small copies that wait while somebody else submits. Thread-safe.
template <typename Copy>
class Lane {
 public:
  explicit Lane(DeviceApi& device) : stream_(device.create_stream()) {}

  Ticket submit(const Copy& copy, Bytes bytes) {
    Ticket ticket = Ticket::pending();
    if (bytes > kGathered) {
      stream_->memcpy_async(std::span<const Copy>(&copy, 1), [ticket](const CopyResult& result) mutable {
        ticket.complete(completion_of(result));
      });
      return ticket;
    }
    {
      const MutexLock lock(mutex_);
      batch_.copies.push_back(copy);
      batch_.tickets.push_back(ticket);
      if (submitting_) return ticket;  // whoever does takes it along
      submitting_ = true;
    }
    for (Batch batch = next_batch(); !batch.copies.empty(); batch = next_batch()) {
      stream_->memcpy_async(std::span<const Copy>(batch.copies),
                            [tickets = std::move(batch.tickets)](const CopyResult& result) mutable {
                              for (Ticket& one : tickets) one.complete(completion_of(result));
                            });
    }
    return ticket;
  }

  void synchronize() { stream_->synchronize(); }

 private:
  struct Batch {
    std::vector<Copy> copies;
    std::vector<Ticket> tickets;
  };

  Batch next_batch() {
    const MutexLock lock(mutex_);
    if (batch_.copies.empty()) submitting_ = false;
    return std::exchange(batch_, {});
  }

  Mutex mutex_;
  Batch batch_ CACHEBENCH_GUARDED_BY(mutex_);
  bool submitting_ CACHEBENCH_GUARDED_BY(mutex_) = false;
  std::unique_ptr<DeviceStream> stream_;
};

class DevicePlane final : public Plane, public PinnedSource {
 public:
  DevicePlane(const DevicePlaneOptions& options, std::shared_ptr<DeviceApi> device)
      : device_(std::move(device)),
        memory_(*device_),
        space_({.budget = options.capacity, .alignment = Bytes{256}, .aligned_from = {}}, memory_),
        up_(*device_),
        down_(*device_) {}

  [[nodiscard]] hardware::Medium medium() const override { return hardware::Medium::kDevice; }
  [[nodiscard]] const char* device() const override { return device_->kind(); }
  [[nodiscard]] std::optional<Block> allocate(Bytes bytes) override { return space_.allocate(bytes); }
  void release(const Block& block) noexcept override { space_.release(block); }

  [[nodiscard]] Ticket write(const Block& block, const RecordInfo&,
                             std::span<const std::byte> source) override {
    CACHEBENCH_CHECK(source.size() == block.bytes.value, "{} bytes for a block of {}", source.size(),
                     block.bytes.value);
    written_.fetch_add(source.size(), std::memory_order_relaxed);
    return up_.submit({.target = static_cast<DevicePointer>(block.handle), .source = source}, block.bytes);
  }

  [[nodiscard]] Ticket read(const Block& block, std::span<std::byte> target) override {
    CACHEBENCH_CHECK(target.size() >= block.bytes.value, "{} bytes of room for a block of {}", target.size(),
                     block.bytes.value);
    read_.fetch_add(block.bytes.value, std::memory_order_relaxed);
    return down_.submit(
        {.target = target.first(block.bytes.value), .source = static_cast<DevicePointer>(block.handle)},
        block.bytes);
  }

  [[nodiscard]] std::span<std::byte> host_view(const Block&) override { return {}; }

  // The emulated engines are threads: locked memory is all they can gain from, and its owner says so in
  // notes.
  [[nodiscard]] std::shared_ptr<PinnedMemory> pinned_memory() override {
    return std::string_view(device_->kind()) == "emulated" ? nullptr : device_->pinned_memory();
  }

  void flush() override {
    up_.synchronize();
    down_.synchronize();
  }

  [[nodiscard]] PlaneStats stats() const override {
    PlaneStats stats;
    space_.report(stats);
    stats.bytes_read = Bytes{read_.load(std::memory_order_relaxed)};
    stats.bytes_written = Bytes{written_.load(std::memory_order_relaxed)};
    stats.notes = device_->notes();
    return stats;
  }

 private:
  std::shared_ptr<DeviceApi> device_;
  DeviceMemory memory_;
  BlockSpace space_;
  std::atomic<std::uint64_t> read_{0};
  std::atomic<std::uint64_t> written_{0};
  // Last: their destructors wait for what is still being copied.
  Lane<HostToDevice> up_;
  Lane<DeviceToHost> down_;
};

}  // namespace

std::unique_ptr<Plane> make_device_plane(const DevicePlaneOptions& options,
                                         std::shared_ptr<DeviceApi> device) {
  return std::make_unique<DevicePlane>(options, std::move(device));
}

}  // namespace cachebench::tier
