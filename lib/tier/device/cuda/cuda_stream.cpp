// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/cuda_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "core/check.h"
#include "core/clock.h"
#include "core/trace_range.h"
#include "tier/device/cuda/tensor_kernels.h"

namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)
namespace {

// A copy of this length has ended before a thread has gone to sleep and come back.
constexpr Nanoseconds kSpin{20'000};
// What a kernel reads of a batch; making page-locked memory takes longer than copying, so it is kept.
constexpr std::size_t kRangesRoom = 64 * kKiB.value;

void* host_pointer(std::uint64_t address) {
  // An address that came from a pointer. NOLINTNEXTLINE(performance-no-int-to-ptr)
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address));
}

std::uint64_t address_of(const std::byte* pointer) {
  return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(pointer));
}

Bytes total_of(std::span<const MoveRange> ranges) {
  Bytes total;
  for (const MoveRange& range : ranges) total += Bytes{range.bytes};
  return total;
}

const CudaEvent& cuda_event(const DeviceEvent& event) {
  const auto* const mine = dynamic_cast<const CudaEvent*>(&event);
  CACHEBENCH_CHECK(mine != nullptr, "an event of another device");
  return *mine;
}

// All in stream order: what an earlier operation of the stream writes on the host is read afterwards.
CUresult copy_by_driver(const hardware::nvidia::CudaDriver& driver, CUstream stream,
                        std::span<const MoveRange> ranges) {
#if CUDA_VERSION >= 13000
  std::vector<CUdeviceptr> targets;
  std::vector<CUdeviceptr> sources;
  std::vector<std::size_t> sizes;
  for (const MoveRange& range : ranges) {
    targets.push_back(range.target);
    sources.push_back(range.source);
    sizes.push_back(range.bytes);
  }
  CUmemcpyAttributes attributes{};
  attributes.srcAccessOrder = CU_MEMCPY_SRC_ACCESS_ORDER_STREAM;
  attributes.flags = CU_MEMCPY_FLAG_DEFAULT;
  std::size_t from = 0;
  return driver.memcpy_batch_async(targets.data(), sources.data(), sizes.data(), sizes.size(), &attributes,
                                   &from, 1, stream);
#else
  static_cast<void>(driver), static_cast<void>(stream), static_cast<void>(ranges);
  return CUDA_ERROR_NOT_SUPPORTED;
#endif
}

bool has_batches(const hardware::nvidia::CudaDriver& driver) {
#if CUDA_VERSION >= 13000
  return driver.memcpy_batch_async != nullptr;
#else
  static_cast<void>(driver);
  return false;
#endif
}

}  // namespace

std::uint64_t Progress::begin() {
  const MutexLock lock(mutex_);
  return ++begun_;
}

void Progress::end_one() {
  const MutexLock lock(mutex_);
  ++ended_;
  changed_.notify_all();
}

std::uint64_t Progress::begun() const {
  const MutexLock lock(mutex_);
  return begun_;
}

bool Progress::has_ended(std::uint64_t number) const {
  const MutexLock lock(mutex_);
  return ended_ >= number;
}

void Progress::wait_for(std::uint64_t number) {
  const MutexLock lock(mutex_);
  while (ended_ < number) changed_.wait(mutex_);
}

CudaEvent::CudaEvent(std::shared_ptr<CudaContext> context) : context_(std::move(context)) {
  const CudaContext::Scope scope(*context_);
  context_->check(context_->driver().event_create(&event_, CU_EVENT_BLOCKING_SYNC), "making an event");
}

CudaEvent::~CudaEvent() {
  const CudaContext::Scope scope(*context_);
  static_cast<void>(context_->driver().event_destroy(event_));
}

bool CudaEvent::query() const {
  if (place().progress == nullptr) return true;
  const CudaContext::Scope scope(*context_);
  return context_->driver().event_query(event_) != CUDA_ERROR_NOT_READY;
}

void CudaEvent::synchronize() const {
  const Place place = this->place();
  if (place.progress == nullptr) return;
  CUresult result = CUDA_SUCCESS;
  {
    const CudaContext::Scope scope(*context_);
    result = context_->driver().event_synchronize(event_);
  }
  place.progress->wait_for(place.number);
  context_->check(result, "waiting for an event");
  if (const std::exception_ptr lost = context_->lost()) std::rethrow_exception(lost);
}

void CudaEvent::recorded(std::shared_ptr<Progress> progress) {
  const std::uint64_t number = progress->begun();
  const MutexLock lock(mutex_);
  place_ = {.progress = std::move(progress), .number = number};
}

CudaEvent::Place CudaEvent::place() const {
  const MutexLock lock(mutex_);
  return place_;
}

CudaStream::CudaStream(std::shared_ptr<CudaContext> context, std::shared_ptr<const Kernels> kernels,
                       BatchedCopies batched)
    : context_(std::move(context)), kernels_(std::move(kernels)), batched_(batched) {
  {
    const CudaContext::Scope scope(*context_);
    context_->check(context_->driver().stream_create(&stream_, CU_STREAM_NON_BLOCKING), "making a stream");
  }
  waiter_ = std::thread([this] { run(); });
}

CudaStream::~CudaStream() {
  progress_->wait_for(progress_->begun());
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  waiter_.join();
  const CudaContext::Scope scope(*context_);
  const MutexLock lock(mutex_);
  for (std::byte* const ranges : idle_ranges_) context_->release_pinned(ranges);
  for (CUevent const event : idle_events_) static_cast<void>(context_->driver().event_destroy(event));
  static_cast<void>(context_->driver().stream_destroy(stream_));
}

void CudaStream::memcpy_async(std::span<const HostToDevice> copies, CopyDone done) {
  std::vector<MoveRange> ranges;
  ranges.reserve(copies.size());
  for (const HostToDevice& copy : copies) {
    if (copy.source.empty()) continue;
    ranges.push_back({.target = static_cast<std::uint64_t>(copy.target),
                      .source = address_of(copy.source.data()),
                      .bytes = copy.source.size()});
  }
  submit({.way = Way::kUp, .ranges = std::move(ranges)}, std::move(done));
}

void CudaStream::memcpy_async(std::span<const DeviceToHost> copies, CopyDone done) {
  std::vector<MoveRange> ranges;
  ranges.reserve(copies.size());
  for (const DeviceToHost& copy : copies) {
    if (copy.target.empty()) continue;
    ranges.push_back({.target = address_of(copy.target.data()),
                      .source = static_cast<std::uint64_t>(copy.source),
                      .bytes = copy.target.size()});
  }
  submit({.way = Way::kDown, .ranges = std::move(ranges)}, std::move(done));
}

void CudaStream::decode_async(const FormToDevice& form, CopyDone done) {
  const MoveRange range{.target = static_cast<std::uint64_t>(form.room),
                        .source = address_of(form.form.data()),
                        .bytes = form.form.size()};
  submit({.way = Way::kUp, .ranges = {range}, .form = &form}, std::move(done));
}

void CudaStream::submit(const Submission& what, CopyDone done) {
  Pending pending;
  pending.way = what.way;
  pending.bytes = total_of(what.ranges);
  const TraceRange trace(trace_names::kCopy, pending.bytes.value);
  CopyResult refused;
  {
    const CudaContext::Scope scope(*context_);
    const MutexLock lock(mutex_);
    refused.error = context_->lost();
    if (!refused.error) {
      const CUresult result = start(what, pending);
      if (result == CUDA_SUCCESS) {
        pending.done = std::move(done);
        progress_->begin();
        pending_.push_back(std::move(pending));
        wake_.notify_one();
        return;
      }
      // Copies that did start must not outlive the caller's memory.
      static_cast<void>(context_->driver().stream_synchronize(stream_));
      refused.error = failure_of(pending, result);
    }
  }
  recycle(pending);
  if (done) done(refused);
}

std::exception_ptr CudaStream::failure_of(const Pending& pending, CUresult result) {
  return context_->failure(result, fmt::format("copying {} {} the device", format_bytes(pending.bytes),
                                               pending.way == Way::kUp ? "to" : "from"));
}

CUresult CudaStream::start(const Submission& what, Pending& pending) {
  CUresult result = take_events(pending);
  if (result == CUDA_SUCCESS) result = context_->driver().event_record(pending.start, stream_);
  if (result == CUDA_SUCCESS) result = copy(what.way, what.ranges, pending);
  if (result == CUDA_SUCCESS && what.form != nullptr) result = decode(*what.form);
  if (result == CUDA_SUCCESS) result = context_->driver().event_record(pending.end, stream_);
  return result;
}

CUresult CudaStream::take_events(Pending& pending) {
  for (CUevent* const event : {&pending.start, &pending.end}) {
    if (!idle_events_.empty()) {
      *event = idle_events_.back();
      idle_events_.pop_back();
    } else if (const CUresult result = context_->driver().event_create(event, CU_EVENT_BLOCKING_SYNC);
               result != CUDA_SUCCESS) {
      return result;
    }
  }
  return CUDA_SUCCESS;
}

CUresult CudaStream::copy(Way way, std::span<const MoveRange> ranges, Pending& pending) {
  if (ranges.size() > 1 && batched_ != BatchedCopies::kSingle && are_on_device(way, ranges)) {
    const bool by_driver = has_batches(context_->driver()) && batched_ != BatchedCopies::kKernel;
    const CUresult result =
        by_driver ? copy_by_driver(context_->driver(), stream_, ranges) : CUDA_ERROR_NOT_SUPPORTED;
    // A batch that is refused has started nothing, and its copies may be fine one by one.
    if (result != CUDA_ERROR_NOT_SUPPORTED && result != CUDA_ERROR_INVALID_VALUE) return result;
    if (can_use_kernel(way, ranges) && take_ranges(pending)) return copy_by_kernel(ranges, pending);
  }
  return copy_one_by_one(way, ranges);
}

CUresult CudaStream::copy_one_by_one(Way way, std::span<const MoveRange> ranges) {
  const hardware::nvidia::CudaDriver& driver = context_->driver();
  for (const MoveRange& range : ranges) {
    const CUresult result =
        way == Way::kUp
            ? driver.memcpy_htod_async(range.target, host_pointer(range.source), range.bytes, stream_)
            : driver.memcpy_dtoh_async(host_pointer(range.target), range.source, range.bytes, stream_);
    if (result != CUDA_SUCCESS) return result;
  }
  return CUDA_SUCCESS;
}

// A copy says which way it goes, and the driver refuses an address that is not the device's. A batch does
// not: such an address counts as the host's there; and a kernel that follows one takes the context down with
// it.
bool CudaStream::are_on_device(Way way, std::span<const MoveRange> ranges) const {
  return std::all_of(ranges.begin(), ranges.end(), [&](const MoveRange& range) {
    return context_->is_memory(way == Way::kUp ? range.target : range.source, Bytes{range.bytes});
  });
}

// The kernel reads and writes the host's end by itself, so that end has to be known to the device.
bool CudaStream::can_use_kernel(Way way, std::span<const MoveRange> ranges) const {
  if (kernels_ == nullptr || !kernels_->has("move_ranges") || ranges.size_bytes() > kRangesRoom) return false;
  for (const MoveRange& range : ranges) {
    const void* const host = host_pointer(way == Way::kUp ? range.source : range.target);
    if (!context_->is_pinned({static_cast<const std::byte*>(host), range.bytes})) return false;
  }
  return true;
}

bool CudaStream::take_ranges(Pending& pending) {
  if (!idle_ranges_.empty()) {
    pending.ranges = idle_ranges_.back();
    idle_ranges_.pop_back();
  } else {
    pending.ranges = context_->allocate_pinned(Bytes{kRangesRoom});
  }
  return pending.ranges != nullptr;
}

CUresult CudaStream::copy_by_kernel(std::span<const MoveRange> ranges, const Pending& pending) {
  std::memcpy(pending.ranges, ranges.data(), ranges.size_bytes());
  const auto* const in_place = reinterpret_cast<const MoveRange*>(pending.ranges);
  return kernels_->move({in_place, ranges.size()}, stream_);
}

CUresult CudaStream::decode(const FormToDevice& form) const {
  CACHEBENCH_CHECK(kernels_ != nullptr && can_decode_form(*kernels_, form.encoding, form.meta.dtype),
                   "a form without a kernel");
  const bool is_here = context_->is_memory(static_cast<CUdeviceptr>(form.room), Bytes{form.form.size()}) &&
                       context_->is_memory(static_cast<CUdeviceptr>(form.plain), form.meta.bytes());
  return is_here ? decode_form(*kernels_, form, stream_) : CUDA_ERROR_INVALID_VALUE;
}

void CudaStream::record(DeviceEvent& event) {
  auto& mine = const_cast<CudaEvent&>(cuda_event(event));  // NOLINT: the argument is not const
  const CudaContext::Scope scope(*context_);
  const MutexLock lock(mutex_);
  const CUresult result = context_->driver().event_record(mine.handle(), stream_);
  if (result != CUDA_SUCCESS) static_cast<void>(context_->failure(result, "recording an event"));
  mine.recorded(progress_);
}

void CudaStream::wait_event(const DeviceEvent& event) {
  const CudaContext::Scope scope(*context_);
  const MutexLock lock(mutex_);
  const CUresult result = context_->driver().stream_wait_event(stream_, cuda_event(event).handle(), 0);
  if (result != CUDA_SUCCESS)
    static_cast<void>(context_->failure(result, "waiting for an event in a stream"));
}

bool CudaStream::query() const {
  if (!progress_->has_ended(progress_->begun())) return false;
  const CudaContext::Scope scope(*context_);
  return context_->driver().stream_query(stream_) != CUDA_ERROR_NOT_READY;
}

void CudaStream::synchronize() {
  progress_->wait_for(progress_->begun());
  CUresult result = CUDA_SUCCESS;
  {
    const CudaContext::Scope scope(*context_);
    result = context_->driver().stream_synchronize(stream_);
  }
  context_->check(result, "waiting for a stream");
  if (const std::exception_ptr lost = context_->lost()) std::rethrow_exception(lost);
}

void CudaStream::recycle(Pending& pending) noexcept {
  const MutexLock lock(mutex_);
  if (pending.ranges != nullptr) idle_ranges_.push_back(pending.ranges);
  for (CUevent const event : {pending.start, pending.end}) {
    if (event != nullptr) idle_events_.push_back(event);
  }
}

CopyResult CudaStream::wait(const Pending& pending) {
  const hardware::nvidia::CudaDriver& driver = context_->driver();
  const RealClock clock;
  const Nanoseconds patience = clock.now() + kSpin;
  CUresult result = driver.event_query(pending.end);
  while (result == CUDA_ERROR_NOT_READY && clock.now() < patience) result = driver.event_query(pending.end);
  if (result == CUDA_ERROR_NOT_READY) result = driver.event_synchronize(pending.end);
  if (result != CUDA_SUCCESS) return {.error = failure_of(pending, result)};
  float milliseconds = 0;
  static_cast<void>(driver.event_elapsed_time(&milliseconds, pending.start, pending.end));
  return {.error = {}, .service = Nanoseconds{static_cast<std::int64_t>(double{milliseconds} * 1e6 + 0.5)}};
}

std::optional<CudaStream::Pending> CudaStream::next() {
  const MutexLock lock(mutex_);
  while (pending_.empty()) {
    if (stopping_) return std::nullopt;
    wake_.wait(mutex_);
  }
  Pending pending = std::move(pending_.front());
  pending_.pop_front();
  return pending;
}

void CudaStream::run() {
  name_this_thread("cuda-complete");
  const CudaContext::Scope scope(*context_);
  while (std::optional<Pending> pending = next()) {
    const CopyResult result = wait(*pending);
    recycle(*pending);
    if (pending->done) pending->done(result);
    progress_->end_one();
  }
}

#endif  // cuda.h

}  // namespace cachebench::tier::cuda
