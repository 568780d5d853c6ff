// SPDX-License-Identifier: Apache-2.0
#define NVTX_NO_IMPL
#include <nvtx3/nvToolsExt.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>

#include "core/sync.h"

/// An NVTX tool of 100 lines: loaded through NVTX_INJECTION64_PATH into any program that emits NVTX ranges,
/// it writes what it is told as JSON lines to the file named by CACHEBENCH_NVTX_LOG. Names are written as
/// they are: the project's fixed set needs no escapes. Lives until the process ends.

// The handles are opaque to programs; a tool may give them any meaning. Here: the name itself.
struct nvtxDomainRegistration_st {
  std::string name;
};
struct nvtxStringRegistration_st {
  std::string text;
};

namespace {

struct Log {
  cachebench::Mutex mutex;
  std::FILE* file = nullptr;
  std::deque<nvtxDomainRegistration_st> domains;
  std::deque<nvtxStringRegistration_st> strings;
};

Log& tool() {
  static Log instance;
  return instance;
}

long thread_id() {
  return ::syscall(SYS_gettid);
}

const char* name_of(nvtxDomainHandle_t domain) {
  return domain == nullptr ? "" : domain->name.c_str();
}

const char* message_of(const nvtxEventAttributes_t& event) {
  if (event.messageType == NVTX_MESSAGE_TYPE_REGISTERED && event.message.registered != nullptr) {
    return event.message.registered->text.c_str();
  }
  return event.messageType == NVTX_MESSAGE_TYPE_ASCII ? event.message.ascii : "";
}

int on_push(nvtxDomainHandle_t domain, const nvtxEventAttributes_t* event) {
  const cachebench::MutexLock lock(tool().mutex);
  const bool has_payload = event->payloadType == NVTX_PAYLOAD_TYPE_UNSIGNED_INT64;
  std::fprintf(tool().file,
               "{\"event\":\"push\",\"thread\":%ld,\"domain\":\"%s\",\"name\":\"%s\",\"registered\":%s,"
               "\"category\":%u,\"payload\":%llu}\n",
               thread_id(), name_of(domain), message_of(*event),
               event->messageType == NVTX_MESSAGE_TYPE_REGISTERED ? "true" : "false", event->category,
               has_payload ? static_cast<unsigned long long>(event->payload.ullValue) : 0ULL);
  return 0;
}

int on_pop(nvtxDomainHandle_t domain) {
  const cachebench::MutexLock lock(tool().mutex);
  std::fprintf(tool().file, "{\"event\":\"pop\",\"thread\":%ld,\"domain\":\"%s\"}\n", thread_id(),
               name_of(domain));
  return 0;
}

nvtxDomainHandle_t on_domain(const char* name) {
  const cachebench::MutexLock lock(tool().mutex);
  std::fprintf(tool().file, "{\"event\":\"domain\",\"name\":\"%s\"}\n", name);
  return &tool().domains.emplace_back(nvtxDomainRegistration_st{name});
}

nvtxStringHandle_t on_string(nvtxDomainHandle_t domain, const char* text) {
  const cachebench::MutexLock lock(tool().mutex);
  std::fprintf(tool().file, "{\"event\":\"register\",\"domain\":\"%s\",\"name\":\"%s\"}\n", name_of(domain),
               text);
  return &tool().strings.emplace_back(nvtxStringRegistration_st{text});
}

void on_category(nvtxDomainHandle_t domain, std::uint32_t category, const char* name) {
  const cachebench::MutexLock lock(tool().mutex);
  std::fprintf(tool().file, "{\"event\":\"category\",\"domain\":\"%s\",\"category\":%u,\"name\":\"%s\"}\n",
               name_of(domain), category, name);
}

void on_thread_name(std::uint32_t thread, const char* name) {
  const cachebench::MutexLock lock(tool().mutex);
  std::fprintf(tool().file, "{\"event\":\"thread\",\"thread\":%u,\"name\":\"%s\"}\n", thread, name);
}

template <typename Function>
void replace(NvtxFunctionTable table, unsigned int index, Function* function) {
  *table[index] = reinterpret_cast<NvtxFunctionPointer>(function);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int InitializeInjectionNvtx2(
    NvtxGetExportTableFunc_t get_table) {
  const char* path = std::getenv("CACHEBENCH_NVTX_LOG");
  const auto* callbacks = static_cast<const NvtxExportTableCallbacks*>(get_table(NVTX_ETID_CALLBACKS));
  if (path == nullptr || callbacks == nullptr) return 0;
  tool().file = std::fopen(path, "ae");
  NvtxFunctionTable core = nullptr;
  NvtxFunctionTable core2 = nullptr;
  unsigned int size = 0;
  if (tool().file == nullptr || callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE, &core, &size) == 0 ||
      callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE2, &core2, &size) == 0) {
    return 0;
  }
  std::setvbuf(tool().file, nullptr, _IOLBF, 1 << 16);  // whole lines, even if the program is killed
  replace(core, NVTX_CBID_CORE_NameOsThreadA, on_thread_name);
  replace(core2, NVTX_CBID_CORE2_DomainRangePushEx, on_push);
  replace(core2, NVTX_CBID_CORE2_DomainRangePop, on_pop);
  replace(core2, NVTX_CBID_CORE2_DomainNameCategoryA, on_category);
  replace(core2, NVTX_CBID_CORE2_DomainRegisterStringA, on_string);
  replace(core2, NVTX_CBID_CORE2_DomainCreateA, on_domain);
  return 1;
}
