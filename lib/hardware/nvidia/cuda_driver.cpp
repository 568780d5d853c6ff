// SPDX-License-Identifier: Apache-2.0
#include "hardware/nvidia/cuda_driver.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace cachebench::hardware::nvidia {

std::string cuda_version_text(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

#if __has_include(<cuda.h>)
namespace {

/// Looks functions up and remembers the first that is missing.
class Finder {
 public:
  explicit Finder(void* handle) : handle_(handle) {}

  template <typename Function>
  void optional(const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(handle_, name));
  }
  template <typename Function>
  void need(const char* name, Function& function) {
    optional(name, function);
    if (function == nullptr && missing_.empty()) missing_ = name;
  }
  [[nodiscard]] const std::string& missing() const { return missing_; }

 private:
  void* handle_;
  std::string missing_;
};

// The names are those that cuda.h gives the functions of these types.
void find_devices(Finder& find, CudaDriver& table) {
  find.need("cuInit", table.init);
  find.need("cuDriverGetVersion", table.driver_get_version);
  find.need("cuGetErrorName", table.get_error_name);
  find.need("cuGetErrorString", table.get_error_string);
  find.need("cuDeviceGetCount", table.device_get_count);
  find.need("cuDeviceGet", table.device_get);
  find.need("cuDeviceGetName", table.device_get_name);
  find.need("cuDeviceGetAttribute", table.device_get_attribute);
  find.need("cuDeviceGetPCIBusId", table.device_get_pci_bus_id);
  find.need("cuDeviceTotalMem_v2", table.device_total_mem);
  find.need("cuDevicePrimaryCtxRetain", table.device_primary_ctx_retain);
  find.need("cuDevicePrimaryCtxRelease_v2", table.device_primary_ctx_release);
  find.need("cuCtxPushCurrent_v2", table.ctx_push_current);
  find.need("cuCtxPopCurrent_v2", table.ctx_pop_current);
}

void find_memory(Finder& find, CudaDriver& table) {
  find.need("cuMemGetInfo_v2", table.mem_get_info);
  find.need("cuMemAlloc_v2", table.mem_alloc);
  find.need("cuMemFree_v2", table.mem_free);
  find.need("cuMemHostAlloc", table.mem_host_alloc);
  find.need("cuMemFreeHost", table.mem_free_host);
  find.need("cuMemcpyHtoDAsync_v2", table.memcpy_htod_async);
  find.need("cuMemcpyDtoHAsync_v2", table.memcpy_dtoh_async);
  find.optional("cuMemAllocAsync", table.mem_alloc_async);
  find.optional("cuMemFreeAsync", table.mem_free_async);
  find.optional("cuDeviceGetDefaultMemPool", table.device_get_default_mem_pool);
  find.optional("cuMemPoolSetAttribute", table.mem_pool_set_attribute);
  find.optional("cuMemPoolTrimTo", table.mem_pool_trim_to);
#if CUDA_VERSION >= 13000
  find.optional("cuMemcpyBatchAsync_v2", table.memcpy_batch_async);
#endif
}

void find_streams(Finder& find, CudaDriver& table) {
  find.need("cuStreamCreate", table.stream_create);
  find.need("cuStreamDestroy_v2", table.stream_destroy);
  find.need("cuStreamQuery", table.stream_query);
  find.need("cuStreamSynchronize", table.stream_synchronize);
  find.need("cuStreamWaitEvent", table.stream_wait_event);
  find.need("cuEventCreate", table.event_create);
  find.need("cuEventDestroy_v2", table.event_destroy);
  find.need("cuEventRecord", table.event_record);
  find.need("cuEventQuery", table.event_query);
  find.need("cuEventSynchronize", table.event_synchronize);
  find.need("cuEventElapsedTime", table.event_elapsed_time);
  find.need("cuModuleLoadData", table.module_load_data);
  find.need("cuModuleUnload", table.module_unload);
  find.need("cuModuleGetFunction", table.module_get_function);
  find.need("cuLaunchKernel", table.launch_kernel);
}

OpenedDriver too_old(const std::string& library, int version) {
  return {.driver = nullptr,
          .reason = fmt::format("{}: the driver is one of CUDA {}, and {} or newer is needed: update it",
                                library, cuda_version_text(version), cuda_version_text(kOldestDriver))};
}

}  // namespace

OpenedDriver open_cuda_driver(const std::string& library) {
  // Never closed: the driver's own threads may outlast whoever opened it.
  void* const handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return {.driver = nullptr,
            .reason = library + ": not found, so there is no NVIDIA driver here",
            .is_installed = false};
  }
  auto table = std::make_shared<CudaDriver>();
  table->library = library;
  Finder find(handle);
  find_devices(find, *table);
  // The version comes first: an old driver also lacks functions.
  if (table->driver_get_version != nullptr && table->driver_get_version(&table->version) == CUDA_SUCCESS &&
      table->version < kOldestDriver) {
    return too_old(library, table->version);
  }
  find_memory(find, *table);
  find_streams(find, *table);
  if (!find.missing().empty()) {
    return {
        .driver = nullptr,
        .reason = fmt::format("{}: no function {}, so it is no driver that serves", library, find.missing())};
  }
  if (const CUresult result = table->init(0); result != CUDA_SUCCESS) {
    return {.driver = nullptr,
            .reason = fmt::format("{}: the driver does not start: {}", library, describe(*table, result))};
  }
  return {.driver = std::move(table), .reason = {}};
}

std::string describe(const CudaDriver& driver, CUresult result) {
  const char* name = nullptr;
  const char* text = nullptr;
  if (driver.get_error_name(result, &name) != CUDA_SUCCESS || name == nullptr) {
    return fmt::format("CUDA error {}", static_cast<int>(result));
  }
  if (driver.get_error_string(result, &text) != CUDA_SUCCESS || text == nullptr) return name;
  return fmt::format("{} ({})", name, text);
}

#endif  // cuda.h

}  // namespace cachebench::hardware::nvidia
