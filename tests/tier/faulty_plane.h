// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/sync.h"
#include "tier/plane.h"

/// A plane that misbehaves on demand, for tests of what stands above it: it refuses room, fails or corrupts
/// the next transfers, or holds transfers back until told to go on, so that a test decides the order of
/// events without sleeping. Otherwise it is the plane it owns. Thread-safe.
namespace cachebench::tier {

class FaultyPlane final : public Plane {
 public:
  enum class Transfers : std::uint8_t { kReads, kWrites, kAll };

  explicit FaultyPlane(std::unique_ptr<Plane> inner) : inner_(std::move(inner)) {}
  /// Lets go what is still held back.
  ~FaultyPlane() override { resume(); }
  FaultyPlane(const FaultyPlane&) = delete;
  FaultyPlane& operator=(const FaultyPlane&) = delete;

  /// The next `count` of each meet the fault; what is over is forgotten with 0.
  void refuse_allocations(int count) { set(refusals_, count); }
  void fail_reads(int count) { set(failing_reads_, count); }
  void fail_writes(int count) { set(failing_writes_, count); }
  /// Reads that report kCorrupt, as of a record that fails its checksum.
  void corrupt_reads(int count) { set(corrupt_reads_, count); }
  /// Reads that report success and deliver one flipped bit.
  void flip_reads(int count) { set(flipped_reads_, count); }

  /// From now on transfers of the kind are accepted and not begun.
  void stall(Transfers which = Transfers::kAll) {
    const MutexLock lock(mutex_);
    stalled_ = which;
  }
  /// Blocks until `count` transfers are held back.
  void wait_for_stalled(std::size_t count) {
    const MutexLock lock(mutex_);
    while (held_.size() < count) changed_.wait(mutex_);
  }
  [[nodiscard]] std::size_t stalled() const {
    const MutexLock lock(mutex_);
    return held_.size();
  }
  /// Runs the oldest transfer held back to its end, on this thread; false when there is none.
  bool step() {
    std::function<void()> transfer;
    {
      const MutexLock lock(mutex_);
      if (held_.empty()) return false;
      transfer = std::move(held_.front());
      held_.pop_front();
    }
    transfer();
    return true;
  }
  /// Runs all of them, and holds nothing back any more.
  void resume() {
    {
      const MutexLock lock(mutex_);
      stalled_.reset();
    }
    while (step()) {
    }
  }

  [[nodiscard]] hardware::Medium medium() const override { return inner_->medium(); }
  [[nodiscard]] const char* device() const override { return inner_->device(); }
  [[nodiscard]] std::optional<Block> allocate(Bytes bytes) override {
    if (take(refusals_)) return std::nullopt;
    return inner_->allocate(bytes);
  }
  void release(const Block& block) noexcept override { inner_->release(block); }
  [[nodiscard]] Ticket write(const Block& block, const RecordInfo& info,
                             std::span<const std::byte> source) override {
    const bool fails = take(failing_writes_);
    return run(Transfers::kWrites, [this, block, info, source, fails] {
      return fails ? failed("write") : inner_->write(block, info, source);
    });
  }
  [[nodiscard]] Ticket read(const Block& block, std::span<std::byte> target) override {
    const bool fails = take(failing_reads_);
    const bool corrupt = take(corrupt_reads_);
    const bool flipped = take(flipped_reads_);
    return run(Transfers::kReads, [this, block, target, fails, corrupt, flipped] {
      if (fails) return failed("read");
      if (corrupt) return Ticket::completed({.status = TransferStatus::kCorrupt});
      Ticket ticket = inner_->read(block, target);
      if (!flipped || target.empty()) return ticket;
      const Completion completion = ticket.wait();
      target[block.bytes.value / 2] ^= std::byte{1};
      return Ticket::completed(completion);
    });
  }
  [[nodiscard]] std::span<std::byte> host_view(const Block& block) override {
    return inner_->host_view(block);
  }
  [[nodiscard]] std::vector<Recovered> recover() override { return inner_->recover(); }
  void flush() override { inner_->flush(); }
  [[nodiscard]] PlaneStats stats() const override { return inner_->stats(); }

 private:
  void set(int& fault, int count) {
    const MutexLock lock(mutex_);
    fault = count;
  }
  [[nodiscard]] bool take(int& fault) {
    const MutexLock lock(mutex_);
    if (fault == 0) return false;
    --fault;
    return true;
  }
  [[nodiscard]] static Ticket failed(const std::string& what) {
    return Ticket::completed(
        {.status = TransferStatus::kFailed,
         .error = std::make_exception_ptr(Error(ErrorKind::kEnvironment, "injected failure of a " + what))});
  }
  [[nodiscard]] Ticket run(Transfers kind, std::function<Ticket()> transfer) {
    {
      const MutexLock lock(mutex_);
      if (stalled_ == kind || stalled_ == Transfers::kAll) {
        Ticket ticket = Ticket::pending();
        held_.push_back(
            [ticket, transfer = std::move(transfer)]() mutable { ticket.complete(transfer().wait()); });
        changed_.notify_all();
        return ticket;
      }
    }
    return transfer();
  }

  std::unique_ptr<Plane> inner_;
  mutable Mutex mutex_;
  CondVar changed_;
  // Faults to come; guarded by mutex_ through set and take.
  int refusals_ = 0;
  int failing_reads_ = 0;
  int failing_writes_ = 0;
  int corrupt_reads_ = 0;
  int flipped_reads_ = 0;
  std::optional<Transfers> stalled_ CACHEBENCH_GUARDED_BY(mutex_);
  std::deque<std::function<void()>> held_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::tier
