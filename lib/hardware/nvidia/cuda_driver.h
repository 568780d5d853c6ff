// SPDX-License-Identifier: Apache-2.0
#pragma once

#if __has_include(<cuda.h>)
#include <cuda.h>
#endif

#include <memory>
#include <string>

/// The functions of NVIDIA's driver that this project calls, found at run time in the library that the driver
/// brings: nothing is linked, and a program built here runs where there is none. The types are those of
/// cuda.h; a build without that header has no table. The library stays open for the process's life, as its
/// threads do. A table is immutable and shared; the functions are as thread-safe as the driver's are.
namespace cachebench::hardware::nvidia {

inline constexpr const char* kCudaLibrary = "libcuda.so.1";
/// The version of cuda.h that this build knows the driver's types from (13000 is CUDA 13.0); 0 without it.
inline constexpr int kCudaHeaderVersion =
#if __has_include(<cuda.h>)
    CUDA_VERSION;
#else
    0;
#endif
inline constexpr bool kHasCudaHeader = kCudaHeaderVersion > 0;

#if __has_include(<cuda.h>)

struct CudaDriver {
  std::string library;
  int version = 0;  ///< 13000 is CUDA 13.0

  decltype(&::cuInit) init = nullptr;
  decltype(&::cuDriverGetVersion) driver_get_version = nullptr;
  decltype(&::cuGetErrorName) get_error_name = nullptr;
  decltype(&::cuGetErrorString) get_error_string = nullptr;
  decltype(&::cuDeviceGetCount) device_get_count = nullptr;
  decltype(&::cuDeviceGet) device_get = nullptr;
  decltype(&::cuDeviceGetName) device_get_name = nullptr;
  decltype(&::cuDeviceGetAttribute) device_get_attribute = nullptr;
  decltype(&::cuDeviceGetPCIBusId) device_get_pci_bus_id = nullptr;
  decltype(&::cuDeviceTotalMem) device_total_mem = nullptr;
  decltype(&::cuDevicePrimaryCtxRetain) device_primary_ctx_retain = nullptr;
  decltype(&::cuDevicePrimaryCtxRelease) device_primary_ctx_release = nullptr;
  decltype(&::cuCtxPushCurrent) ctx_push_current = nullptr;
  decltype(&::cuCtxPopCurrent) ctx_pop_current = nullptr;
  decltype(&::cuMemGetInfo) mem_get_info = nullptr;
  decltype(&::cuMemAlloc) mem_alloc = nullptr;
  decltype(&::cuMemFree) mem_free = nullptr;
  decltype(&::cuMemHostAlloc) mem_host_alloc = nullptr;
  decltype(&::cuMemFreeHost) mem_free_host = nullptr;
  decltype(&::cuMemcpyHtoDAsync) memcpy_htod_async = nullptr;
  decltype(&::cuMemcpyDtoHAsync) memcpy_dtoh_async = nullptr;
  decltype(&::cuStreamCreate) stream_create = nullptr;
  decltype(&::cuStreamDestroy) stream_destroy = nullptr;
  decltype(&::cuStreamQuery) stream_query = nullptr;
  decltype(&::cuStreamSynchronize) stream_synchronize = nullptr;
  decltype(&::cuStreamWaitEvent) stream_wait_event = nullptr;
  decltype(&::cuEventCreate) event_create = nullptr;
  decltype(&::cuEventDestroy) event_destroy = nullptr;
  decltype(&::cuEventRecord) event_record = nullptr;
  decltype(&::cuEventQuery) event_query = nullptr;
  decltype(&::cuEventSynchronize) event_synchronize = nullptr;
  decltype(&::cuEventElapsedTime) event_elapsed_time = nullptr;
  decltype(&::cuModuleLoadData) module_load_data = nullptr;
  decltype(&::cuModuleUnload) module_unload = nullptr;
  decltype(&::cuModuleGetFunction) module_get_function = nullptr;
  decltype(&::cuLaunchKernel) launch_kernel = nullptr;

  // Newer ones: null where the driver lacks them.
  decltype(&::cuMemAllocAsync) mem_alloc_async = nullptr;
  decltype(&::cuMemFreeAsync) mem_free_async = nullptr;
  decltype(&::cuDeviceGetDefaultMemPool) device_get_default_mem_pool = nullptr;
  decltype(&::cuMemPoolSetAttribute) mem_pool_set_attribute = nullptr;
  decltype(&::cuMemPoolTrimTo) mem_pool_trim_to = nullptr;
#if CUDA_VERSION >= 13000
  decltype(&::cuMemcpyBatchAsync) memcpy_batch_async = nullptr;
#endif
};

/// A table, or why there is none, as one line without a full stop.
struct OpenedDriver {
  std::shared_ptr<const CudaDriver> driver;
  std::string reason;
  bool is_installed = true;  ///< false: there is no such library
};

/// The oldest driver that serves: the one of CUDA 11.0.
inline constexpr int kOldestDriver = 11000;

/// Opens and initialises the driver in `library`. Never throws for the want of one.
[[nodiscard]] OpenedDriver open_cuda_driver(const std::string& library = kCudaLibrary);

/// "CUDA_ERROR_OUT_OF_MEMORY (out of memory)".
[[nodiscard]] std::string describe(const CudaDriver& driver, CUresult result);

#endif  // cuda.h

/// "13.0" of 13000.
[[nodiscard]] std::string cuda_version_text(int version);

}  // namespace cachebench::hardware::nvidia
