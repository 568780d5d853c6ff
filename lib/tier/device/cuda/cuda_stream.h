// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "core/sync.h"
#include "tier/device/cuda/cuda_context.h"
#include "tier/device/cuda/cuda_device.h"
#include "tier/device/cuda/kernels.h"

/// Streams and events of a GPU. Each submission lies between two events of the driver; a thread of the stream
/// waits for the second, takes the time between them and calls the completion, so completions of a stream
/// come in order and an error reaches each of them. An event is complete when the driver's is; whoever waits
/// for it also waits for the completions before it. Both keep the context alive. Thread-safe.
namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)

/// How far a stream's completions have come. Shared by a stream and the events recorded in it.
class Progress {
 public:
  std::uint64_t begin() CACHEBENCH_EXCLUDES(mutex_);
  void end_one() CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] std::uint64_t begun() const CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] bool has_ended(std::uint64_t number) const CACHEBENCH_EXCLUDES(mutex_);
  void wait_for(std::uint64_t number) CACHEBENCH_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  std::uint64_t begun_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::uint64_t ended_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
};

class CudaEvent final : public DeviceEvent {
 public:
  explicit CudaEvent(std::shared_ptr<CudaContext> context);
  ~CudaEvent() override;
  CudaEvent(const CudaEvent&) = delete;
  CudaEvent& operator=(const CudaEvent&) = delete;

  [[nodiscard]] bool query() const override;
  void synchronize() const override;

  [[nodiscard]] CUevent handle() const { return event_; }
  [[nodiscard]] const CudaContext& context() const { return *context_; }
  /// Recorded in a stream whose completions are `progress`.
  void recorded(std::shared_ptr<Progress> progress) CACHEBENCH_EXCLUDES(mutex_);

 private:
  struct Place {
    std::shared_ptr<Progress> progress;  // null: never recorded
    std::uint64_t number = 0;            // the last submission before the record
  };
  [[nodiscard]] Place place() const CACHEBENCH_EXCLUDES(mutex_);

  std::shared_ptr<CudaContext> context_;
  CUevent event_ = nullptr;
  mutable Mutex mutex_;
  Place place_ CACHEBENCH_GUARDED_BY(mutex_);
};

class CudaStream final : public DeviceStream {
 public:
  CudaStream(std::shared_ptr<CudaContext> context, std::shared_ptr<const Kernels> kernels,
             BatchedCopies batched);
  ~CudaStream() override;
  CudaStream(const CudaStream&) = delete;
  CudaStream& operator=(const CudaStream&) = delete;

  void memcpy_async(std::span<const HostToDevice> copies, CopyDone done) override;
  void memcpy_async(std::span<const DeviceToHost> copies, CopyDone done) override;
  void decode_async(const FormToDevice& form, CopyDone done) override;
  void record(DeviceEvent& event) override;
  void wait_event(const DeviceEvent& event) override;
  [[nodiscard]] bool query() const override;
  void synchronize() override;

 private:
  enum class Way : bool { kUp, kDown };
  struct Pending {
    CUevent start = nullptr;
    CUevent end = nullptr;
    std::byte* ranges = nullptr;  // what a kernel reads meanwhile; pinned
    Way way = Way::kUp;           // this and the size: what a failure says it was
    Bytes bytes;
    CopyDone done{};
  };
  struct Submission {
    Way way;
    std::vector<MoveRange> ranges;
    const FormToDevice* form = nullptr;  // to be decoded once its range is there
  };

  void submit(const Submission& what, CopyDone done) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] CUresult start(const Submission& what, Pending& pending) CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] CUresult take_events(Pending& pending) CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] CUresult copy(Way way, std::span<const MoveRange> ranges, Pending& pending)
      CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] CUresult copy_one_by_one(Way way, std::span<const MoveRange> ranges);
  [[nodiscard]] CUresult copy_by_kernel(std::span<const MoveRange> ranges, const Pending& pending);
  [[nodiscard]] bool are_on_device(Way way, std::span<const MoveRange> ranges) const;
  [[nodiscard]] bool can_use_kernel(Way way, std::span<const MoveRange> ranges) const;
  /// Whether there is page-locked memory for what the kernel reads.
  [[nodiscard]] bool take_ranges(Pending& pending) CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] CUresult decode(const FormToDevice& form) const;
  [[nodiscard]] std::exception_ptr failure_of(const Pending& pending, CUresult result);
  void recycle(Pending& pending) noexcept CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] CopyResult wait(const Pending& pending);
  [[nodiscard]] std::optional<Pending> next() CACHEBENCH_EXCLUDES(mutex_);
  void run();

  std::shared_ptr<CudaContext> context_;
  std::shared_ptr<const Kernels> kernels_;
  const BatchedCopies batched_;
  CUstream stream_ = nullptr;
  std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
  Mutex mutex_;  // held over a submission: its two events enclose its copies alone
  CondVar wake_;
  std::deque<Pending> pending_ CACHEBENCH_GUARDED_BY(mutex_);
  std::vector<CUevent> idle_events_ CACHEBENCH_GUARDED_BY(mutex_);
  std::vector<std::byte*> idle_ranges_ CACHEBENCH_GUARDED_BY(mutex_);
  bool stopping_ CACHEBENCH_GUARDED_BY(mutex_) = false;
  std::thread waiter_;  // last: it uses all of the above
};

#endif  // cuda.h

}  // namespace cachebench::tier::cuda
