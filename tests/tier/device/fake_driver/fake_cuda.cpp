// SPDX-License-Identifier: Apache-2.0
//
// The functions of NVIDIA's driver that the product calls, on the processor. See fake_cuda.h.
#ifndef CACHEBENCH_BINARY_DIR
#define CACHEBENCH_BINARY_DIR "."
#endif
#include "tier/device/fake_driver/fake_cuda.h"

#include <cuda.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "core/sync.h"
#include "tier/device/fake_driver/fake_kernels.h"

using cachebench::MutexLock;
using cachebench::tier::testing::at_address;
using cachebench::tier::testing::fake_kernels;
using cachebench::tier::testing::FakeCuda;
using cachebench::tier::testing::FakeCudaCounts;
using cachebench::tier::testing::FakeKernel;

namespace {

using Clock = std::chrono::steady_clock;

cachebench::Mutex g_mutex;  // guards all below, and what streams and events hold
cachebench::CondVar g_changed;
// A program that no test set up may ask for a larger card.
FakeCuda unset_options() {
  FakeCuda options;
  if (const char* const mib = std::getenv("CACHEBENCH_FAKE_CUDA_MIB"))
    options.memory = options.pinned = std::strtoull(mib, nullptr, 10) << 20;
  return options;
}
FakeCuda g_options = unset_options();
FakeCudaCounts g_counts;
std::map<std::uint64_t, std::uint64_t> g_memory;  // address -> bytes
std::map<void*, std::uint64_t> g_pinned;
CUresult g_lost = CUDA_SUCCESS;
std::uint64_t g_copies_run = 0;
thread_local int t_depth = 0;

}  // namespace

struct CUevent_st {
  std::uint64_t recorded = 0;
  std::uint64_t reached = 0;
  Clock::time_point at{};
};

// An operation runs without the lock once `ready` holds; `always` ones run on a lost device too.
struct FakeOp {
  std::function<bool()> ready;
  std::function<void()> run;
  bool always = false;
};

struct CUstream_st {
  std::deque<FakeOp> ops;
  bool busy = false;
  bool stopping = false;
  std::thread thread;

  CUstream_st() : thread([this] { loop(); }) {}
  void loop() {
    g_mutex.lock();
    for (;;) {
      while (!stopping && !can_go_on()) g_changed.wait(g_mutex);
      if (ops.empty()) break;
      if (!can_go_on()) {
        g_changed.wait(g_mutex);
        continue;
      }
      const FakeOp op = std::move(ops.front());
      ops.pop_front();
      busy = true;
      const bool runs = op.always || g_lost == CUDA_SUCCESS;
      g_mutex.unlock();
      if (runs && op.run) op.run();
      g_mutex.lock();
      busy = false;
      g_changed.notify_all();
    }
    g_mutex.unlock();
  }
  // On a lost device nothing is waited for any more.
  [[nodiscard]] bool can_go_on() const {
    return !ops.empty() && (g_lost != CUDA_SUCCESS || !ops.front().ready || ops.front().ready());
  }
};

namespace {

// Most calls need a context, and none works on a lost device.
CUresult state() {
  if (t_depth <= 0) {
    ++g_counts.foreign_calls;
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  return g_lost;
}

bool is_device_range(std::uint64_t address, std::uint64_t bytes) {
  auto after = g_memory.upper_bound(address);
  if (after == g_memory.begin()) return false;
  --after;
  return address + bytes <= after->first + after->second;
}

bool is_pinned_range(std::uint64_t address, std::uint64_t bytes) {
  auto after = g_pinned.upper_bound(at_address<void>(address));
  if (after == g_pinned.begin()) return false;
  --after;
  return address + bytes <= reinterpret_cast<std::uintptr_t>(after->first) + after->second;
}

void push(CUstream stream, FakeOp op) {
  stream->ops.push_back(std::move(op));
  g_changed.notify_all();
}

bool is_idle(CUstream stream) {
  return stream->ops.empty() && !stream->busy;
}

void run_copy(std::uint64_t target, std::uint64_t source, std::size_t bytes) {
  {
    const MutexLock lock(g_mutex);
    if (g_copies_run++ >= g_options.lost_after_copies && g_lost == CUDA_SUCCESS) {
      g_lost = static_cast<CUresult>(g_options.lost_result);
    }
    if (g_lost != CUDA_SUCCESS) return;
    // As on a GPU, nothing stops it; here it is counted, and not done.
    if (!is_device_range(target, bytes) && !is_device_range(source, bytes)) {
      ++g_counts.stale_copies;
      return;
    }
    g_counts.copied_bytes += bytes;
  }
  std::memmove(at_address<void>(target), at_address<const void>(source), bytes);
}

std::uint64_t device_address(std::uint64_t bytes) {
  // A GPU's addresses are multiples of 512, not of a page.
  auto* const raw = static_cast<std::byte*>(std::aligned_alloc(4096, (bytes + 512 + 4095) / 4096 * 4096));
  return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(raw)) + 512;
}

CUresult allocate(CUdeviceptr* out, std::size_t bytes) {
  if (const CUresult bad = state(); bad != CUDA_SUCCESS) return bad;
  if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  if (bytes > g_options.memory - g_counts.live_memory - g_counts.kept_by_pool)
    return CUDA_ERROR_OUT_OF_MEMORY;
  *out = device_address(bytes);
  g_memory.emplace(*out, bytes);
  g_counts.live_memory += bytes;
  return CUDA_SUCCESS;
}

CUresult release(CUdeviceptr pointer) {
  const auto found = g_memory.find(pointer);
  if (found == g_memory.end()) return CUDA_ERROR_INVALID_VALUE;
  g_counts.live_memory -= found->second;
  g_memory.erase(found);
  std::free(at_address<void>(pointer - 512));
  return CUDA_SUCCESS;
}

CUresult queue_copy(CUdeviceptr target, std::uint64_t source, std::size_t bytes, bool up, CUstream stream) {
  const MutexLock lock(g_mutex);
  if (const CUresult bad = state(); bad != CUDA_SUCCESS) return bad;
  if (!is_device_range(up ? target : source, bytes)) return CUDA_ERROR_INVALID_VALUE;
  ++g_counts.copies;
  if (up && is_pinned_range(source, bytes)) ++g_counts.copies_from_pinned;
  push(stream, {.ready = {}, .run = [=] { run_copy(target, source, bytes); }});
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

void fake_cuda_set_up(const FakeCuda& options);
void fake_cuda_count(FakeCudaCounts& counts);
void fake_cuda_set_up(const FakeCuda& options) {
  const MutexLock lock(g_mutex);
  g_options = options;
  g_counts = {};
  g_lost = CUDA_SUCCESS;
  g_copies_run = 0;
}
void fake_cuda_count(FakeCudaCounts& counts) {
  const MutexLock lock(g_mutex);
  counts = g_counts;
}

CUresult cuInit(unsigned int) {
  return static_cast<CUresult>(g_options.init_result);
}
CUresult cuDriverGetVersion(int* version) {
  *version = g_options.driver_version;
  return CUDA_SUCCESS;
}
CUresult cuGetErrorName(CUresult error, const char** text) {
  *text = error == CUDA_ERROR_OUT_OF_MEMORY   ? "CUDA_ERROR_OUT_OF_MEMORY"
          : error == CUDA_ERROR_LAUNCH_FAILED ? "CUDA_ERROR_LAUNCH_FAILED"
          : error == CUDA_ERROR_INVALID_VALUE ? "CUDA_ERROR_INVALID_VALUE"
          : error == CUDA_ERROR_NO_DEVICE     ? "CUDA_ERROR_NO_DEVICE"
                                              : nullptr;
  return *text != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuGetErrorString(CUresult, const char** text) {
  *text = "of the fake driver";
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetCount(int* count) {
  *count = g_options.devices;
  return g_options.devices > 0 ? CUDA_SUCCESS : CUDA_ERROR_NO_DEVICE;
}
CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  *device = ordinal;
  return ordinal < g_options.devices ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}
CUresult cuDeviceGetName(char* name, int length, CUdevice) {
  std::strncpy(name, "fake driver, no GPU", static_cast<std::size_t>(length));
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
  switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
      *value = g_options.major;
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
      *value = g_options.minor;
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT:
      *value = 2;
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
      *value = 3;
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED:
      *value = g_options.pools;
      return CUDA_SUCCESS;
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
}
CUresult cuDeviceGetPCIBusId(char* id, int length, CUdevice device) {
  std::strncpy(id, device == 0 ? "0000:01:00.0" : "0000:0A:00.0", static_cast<std::size_t>(length));
  return CUDA_SUCCESS;
}
CUresult cuDeviceTotalMem(std::size_t* bytes, CUdevice) {
  *bytes = g_options.memory;
  return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice) {
  const MutexLock lock(g_mutex);
  ++g_counts.contexts;
  static int place = 0;
  *context = reinterpret_cast<CUcontext>(&place);
  return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRelease(CUdevice) {
  const MutexLock lock(g_mutex);
  --g_counts.contexts;
  return CUDA_SUCCESS;
}
CUresult cuCtxPushCurrent(CUcontext) {
  ++t_depth;
  return CUDA_SUCCESS;
}
CUresult cuCtxPopCurrent(CUcontext*) {
  --t_depth;
  return CUDA_SUCCESS;
}

CUresult cuMemGetInfo(std::size_t* free, std::size_t* total) {
  const MutexLock lock(g_mutex);
  *free = g_options.memory - g_counts.live_memory;
  *total = g_options.memory;
  return state();
}
CUresult cuMemAlloc(CUdeviceptr* out, std::size_t bytes) {
  const MutexLock lock(g_mutex);
  return allocate(out, bytes);
}
CUresult cuMemFree(CUdeviceptr pointer) {
  const MutexLock lock(g_mutex);
  return release(pointer);
}
CUresult cuMemAllocAsync(CUdeviceptr* out, std::size_t bytes, CUstream) {
  const MutexLock lock(g_mutex);
  ++g_counts.pooled;
  const std::uint64_t kept = std::exchange(g_counts.kept_by_pool, 0);
  const std::uint64_t live = g_counts.live_memory;
  const CUresult result = allocate(out, bytes);
  const std::uint64_t taken = g_counts.live_memory - live;
  g_counts.kept_by_pool = kept - std::min(kept, taken);
  return result;
}
CUresult cuMemFreeAsync(CUdeviceptr pointer, CUstream) {
  const MutexLock lock(g_mutex);
  const std::uint64_t live = g_counts.live_memory;
  const CUresult result = release(pointer);
  if (g_options.pool_keeps) g_counts.kept_by_pool += live - g_counts.live_memory;
  return result;
}
CUresult cuMemPoolTrimTo(CUmemoryPool, std::size_t keeps) {
  const MutexLock lock(g_mutex);
  if (const CUresult bad = state(); bad != CUDA_SUCCESS) return bad;
  g_counts.kept_by_pool = std::min(g_counts.kept_by_pool, static_cast<std::uint64_t>(keeps));
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetDefaultMemPool(CUmemoryPool* pool, CUdevice) {
  static int place = 0;
  *pool = reinterpret_cast<CUmemoryPool>(&place);
  return CUDA_SUCCESS;
}
CUresult cuMemPoolSetAttribute(CUmemoryPool, CUmemPool_attribute, void*) {
  return CUDA_SUCCESS;
}
CUresult cuMemHostAlloc(void** out, std::size_t bytes, unsigned int) {
  const MutexLock lock(g_mutex);
  if (const CUresult bad = state(); bad != CUDA_SUCCESS) return bad;
  if (bytes > g_options.pinned - g_counts.live_pinned) return CUDA_ERROR_OUT_OF_MEMORY;
  *out = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  g_pinned.emplace(*out, bytes);
  g_counts.live_pinned += bytes;
  return CUDA_SUCCESS;
}
CUresult cuMemFreeHost(void* memory) {
  const MutexLock lock(g_mutex);
  const auto found = g_pinned.find(memory);
  if (found == g_pinned.end()) return CUDA_ERROR_INVALID_VALUE;
  g_counts.live_pinned -= found->second;
  g_pinned.erase(found);
  std::free(memory);
  return CUDA_SUCCESS;
}

CUresult cuMemcpyHtoDAsync(CUdeviceptr target, const void* source, std::size_t bytes, CUstream stream) {
  return queue_copy(target, reinterpret_cast<std::uintptr_t>(source), bytes, true, stream);
}
CUresult cuMemcpyDtoHAsync(void* target, CUdeviceptr source, std::size_t bytes, CUstream stream) {
  return queue_copy(reinterpret_cast<std::uintptr_t>(target), source, bytes, false, stream);
}
#if CUDA_VERSION >= 13000
CUresult cuMemcpyBatchAsync(CUdeviceptr* targets, CUdeviceptr* sources, std::size_t* sizes, std::size_t count,
                            CUmemcpyAttributes* attributes, std::size_t* from, std::size_t kinds,
                            CUstream stream) {
  const MutexLock lock(g_mutex);
  if (const CUresult bad = state(); bad != CUDA_SUCCESS) return bad;
  if (g_options.batch_result != 0) return static_cast<CUresult>(g_options.batch_result);
  if (count == 0 || kinds != 1 || *from != 0 || stream == nullptr ||
      attributes->srcAccessOrder != CU_MEMCPY_SRC_ACCESS_ORDER_STREAM) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  for (std::size_t i = 0; i < count; ++i) {
    // Addresses that the driver does not know count as the host's, and the copy goes wrong later.
    if (!is_device_range(targets[i], sizes[i]) && !is_device_range(sources[i], sizes[i])) {
      g_lost = CUDA_ERROR_ILLEGAL_ADDRESS;
      g_changed.notify_all();
      return CUDA_SUCCESS;
    }
  }
  ++g_counts.batches;
  for (std::size_t i = 0; i < count; ++i) {
    const CUdeviceptr target = targets[i];
    const CUdeviceptr source = sources[i];
    const std::size_t size = sizes[i];
    push(stream, {.ready = {}, .run = [=] { run_copy(target, source, size); }});
  }
  return CUDA_SUCCESS;
}
#endif

CUresult cuStreamCreate(CUstream* stream, unsigned int flags) {
  if (flags != CU_STREAM_NON_BLOCKING) return CUDA_ERROR_INVALID_VALUE;
  {
    const MutexLock lock(g_mutex);
    if (const CUresult bad = state(); bad != CUDA_SUCCESS) return bad;
    ++g_counts.live_streams;
  }
  *stream = std::make_unique<CUstream_st>().release();
  return CUDA_SUCCESS;
}
CUresult cuStreamDestroy(CUstream stream) {
  {
    const MutexLock lock(g_mutex);
    stream->stopping = true;
    --g_counts.live_streams;
    g_changed.notify_all();
  }
  stream->thread.join();
  const std::unique_ptr<CUstream_st> owned(stream);
  return CUDA_SUCCESS;
}
CUresult cuStreamQuery(CUstream stream) {
  const MutexLock lock(g_mutex);
  if (const CUresult bad = state(); bad != CUDA_SUCCESS) return bad;
  return is_idle(stream) ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}
CUresult cuStreamSynchronize(CUstream stream) {
  const MutexLock lock(g_mutex);
  while (!(is_idle(stream))) g_changed.wait(g_mutex);
  return state();
}
CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int) {
  const MutexLock lock(g_mutex);
  const std::uint64_t record = event->recorded;
  push(stream, {.ready = [=] { return event->reached >= record; }, .run = {}});
  return g_lost;
}

CUresult cuEventCreate(CUevent* event, unsigned int) {
  const MutexLock lock(g_mutex);
  if (const CUresult bad = state(); bad != CUDA_SUCCESS) return bad;
  *event = std::make_unique<CUevent_st>().release();
  ++g_counts.live_events;
  return CUDA_SUCCESS;
}
CUresult cuEventDestroy(CUevent event) {
  const MutexLock lock(g_mutex);
  --g_counts.live_events;
  const std::unique_ptr<CUevent_st> owned(event);
  return CUDA_SUCCESS;
}
CUresult cuEventRecord(CUevent event, CUstream stream) {
  const MutexLock lock(g_mutex);
  if (const CUresult bad = state(); bad != CUDA_SUCCESS) return bad;
  const std::uint64_t record = ++event->recorded;
  push(stream, {.ready = {},
                .run =
                    [=] {
                      const MutexLock inner(g_mutex);
                      event->reached = record;
                      event->at = Clock::now();
                    },
                .always = true});
  return CUDA_SUCCESS;
}
CUresult cuEventQuery(CUevent event) {
  const MutexLock lock(g_mutex);
  if (const CUresult bad = state(); bad != CUDA_SUCCESS) return bad;
  return event->reached == event->recorded ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}
CUresult cuEventSynchronize(CUevent event) {
  const MutexLock lock(g_mutex);
  while (!(event->reached == event->recorded)) g_changed.wait(g_mutex);
  return state();
}
CUresult cuEventElapsedTime(float* milliseconds, CUevent from, CUevent to) {
  const MutexLock lock(g_mutex);
  if (from->recorded == 0 || to->recorded == 0) return CUDA_ERROR_INVALID_HANDLE;
  if (from->reached != from->recorded || to->reached != to->recorded) return CUDA_ERROR_NOT_READY;
  *milliseconds = std::chrono::duration<float, std::milli>(to->at - from->at).count();
  return state();
}
#undef cuEventElapsedTime
CUresult cuEventElapsedTime(float* milliseconds, CUevent from, CUevent to) {
  return cuEventElapsedTime_v2(milliseconds, from, to);
}

CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  const bool looks_right = std::memcmp(image, "\177ELF", 4) == 0 || std::memcmp(image, "//", 2) == 0;
  if (g_options.image_result != 0) return static_cast<CUresult>(g_options.image_result);
  static int place = 0;
  *module = reinterpret_cast<CUmodule>(&place);
  return looks_right ? CUDA_SUCCESS : CUDA_ERROR_INVALID_IMAGE;
}
CUresult cuModuleUnload(CUmodule) {
  return CUDA_SUCCESS;
}
CUresult cuModuleGetFunction(CUfunction* function, CUmodule, const char* name) {
  const auto found = fake_kernels().find(name);
  if (found == fake_kernels().end()) return CUDA_ERROR_NOT_FOUND;
  *function = reinterpret_cast<CUfunction>(const_cast<FakeKernel*>(&found->second));
  return CUDA_SUCCESS;
}
CUresult cuLaunchKernel(CUfunction function, unsigned columns, unsigned rows, unsigned, unsigned threads,
                        unsigned, unsigned, unsigned shared, CUstream stream, void** arguments, void**) {
  const MutexLock lock(g_mutex);
  if (const CUresult bad = state(); bad != CUDA_SUCCESS) return bad;
  if (rows == 0 || rows > 65'535 || columns == 0 || threads == 0 || threads > 1024 || shared > 48 * 1024)
    return CUDA_ERROR_INVALID_VALUE;
  ++g_counts.launches;
  const auto& kernel = *reinterpret_cast<const FakeKernel*>(function);
  push(stream, {.ready = {}, .run = kernel({columns, rows, threads}, arguments)});
  return CUDA_SUCCESS;
}

}  // extern "C"
