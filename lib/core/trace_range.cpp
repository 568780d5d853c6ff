// SPDX-License-Identifier: Apache-2.0
#include "core/trace_range.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <map>
#include <utility>

#if CACHEBENCH_HAVE_NVTX
#include <nvtx3/nvToolsExt.h>
#endif

#include "core/sync.h"
#include "core/trace_recorder.h"

namespace cachebench {
namespace {

std::atomic<TraceLevel> g_level{TraceLevel::kOff};
std::atomic<bool> g_recording{false};

std::int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Recorder {
  Mutex mutex;
  std::vector<RecordedRange> ranges CACHEBENCH_GUARDED_BY(mutex);
  std::size_t limit CACHEBENCH_GUARDED_BY(mutex) = 0;
};

Recorder& recorder() {
  static Recorder instance;
  return instance;
}

std::uint64_t thread_number() {
  static std::atomic<std::uint64_t> next{1};
  thread_local const std::uint64_t kNumber = next.fetch_add(1);
  return kNumber;
}

struct OpenRange {
  const char* name;
  std::int64_t start_ns;
  std::uint64_t payload;
};
thread_local std::vector<OpenRange> t_open;

#if CACHEBENCH_HAVE_NVTX

nvtxDomainHandle_t domain() {
  static const nvtxDomainHandle_t kHandle = [] {
    nvtxDomainHandle_t created = nvtxDomainCreateA("cachebench");
    constexpr std::pair<TraceCategory, const char*> kCategories[] = {
        {TraceCategory::kRequest, "request"}, {TraceCategory::kCache, "cache"},
        {TraceCategory::kTier, "tier"},       {TraceCategory::kCodec, "codec"},
        {TraceCategory::kModel, "model"},     {TraceCategory::kSimulation, "sim"}};
    for (const auto& [category, name] : kCategories) {
      nvtxDomainNameCategoryA(created, static_cast<std::uint32_t>(category), name);
    }
    return created;
  }();
  return kHandle;
}

// Registered once per name; the tables are per thread so that the hot path takes no lock.
nvtxStringHandle_t registered(const char* name) {
  thread_local std::map<const char*, nvtxStringHandle_t> handles;
  auto [found, added] = handles.try_emplace(name, nullptr);
  if (added) found->second = nvtxDomainRegisterStringA(domain(), name);
  return found->second;
}

void push_nvtx(const TraceName& name, std::uint64_t payload) {
  nvtxEventAttributes_t event{};
  event.version = NVTX_VERSION;
  event.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
  event.category = static_cast<std::uint32_t>(name.category);
  event.messageType = NVTX_MESSAGE_TYPE_REGISTERED;
  event.message.registered = registered(name.text);
  event.payloadType = NVTX_PAYLOAD_TYPE_UNSIGNED_INT64;
  event.payload.ullValue = payload;
  nvtxDomainRangePushEx(domain(), &event);
}

void pop_nvtx() {
  nvtxDomainRangePop(domain());
}

void name_thread_in_nvtx(const char* name) {
  nvtxNameOsThreadA(static_cast<std::uint32_t>(::syscall(SYS_gettid)), name);
}

#else

void push_nvtx(const TraceName&, std::uint64_t) {}
void pop_nvtx() {}
void name_thread_in_nvtx(const char*) {}

#endif

}  // namespace

void set_trace_level(TraceLevel level) {
  g_level.store(level, std::memory_order_relaxed);
}

TraceLevel trace_level() {
  return g_level.load(std::memory_order_relaxed);
}

void name_this_thread(const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
  if (trace_level() != TraceLevel::kOff) name_thread_in_nvtx(name.c_str());
}

void TraceRange::open(const TraceName& name, std::uint64_t payload) {
  open_ = true;
  push_nvtx(name, payload);
  t_open.push_back({name.text, monotonic_ns(), payload});
}

void TraceRange::close() {
  pop_nvtx();
  const OpenRange range = t_open.back();
  t_open.pop_back();
  if (!g_recording.load(std::memory_order_relaxed)) return;
  Recorder& sink = recorder();
  const MutexLock lock(sink.mutex);
  if (sink.ranges.size() >= sink.limit) return;
  sink.ranges.push_back({range.name, thread_number(), range.start_ns, monotonic_ns(), range.payload});
}

void start_recording(std::size_t limit) {
  Recorder& sink = recorder();
  const MutexLock lock(sink.mutex);
  sink.ranges.clear();
  sink.limit = limit;
  g_recording.store(true, std::memory_order_relaxed);
}

std::vector<RecordedRange> stop_recording() {
  g_recording.store(false, std::memory_order_relaxed);
  Recorder& sink = recorder();
  const MutexLock lock(sink.mutex);
  return std::exchange(sink.ranges, {});
}

}  // namespace cachebench
