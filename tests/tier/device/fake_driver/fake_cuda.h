// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlfcn.h>

#include <cstdint>
#include <stdexcept>
#include <string>

/// A stand-in for NVIDIA's driver, on the processor: host memory for the device's, a thread a stream, kernels
/// as loops over their bodies. It executes this project's CUDA code; it says nothing about a GPU. Tests set
/// it up through one function that no driver has. The state belongs to the process: one test at a time.
namespace cachebench::tier::testing {

struct FakeCuda {
  int devices = 1;
  int driver_version = 13000;
  int major = 6;
  int minor = 1;
  int pools = 1;
  bool pool_keeps = false;  ///< what is freed stays the pool's until it is trimmed
  std::uint64_t memory = std::uint64_t{64} << 20;
  std::uint64_t pinned = std::uint64_t{64} << 20;
  int init_result = 0;                           ///< of cuInit
  int image_result = 0;                          ///< of cuModuleLoadData
  int batch_result = 0;                          ///< of cuMemcpyBatchAsync
  std::uint64_t lost_after_copies = UINT64_MAX;  ///< so many copies go well; the device is lost in the next
  int lost_result = 719;                         ///< CUDA_ERROR_LAUNCH_FAILED
};

/// What happened since the last set-up.
struct FakeCudaCounts {
  std::uint64_t copies = 0;              ///< cuMemcpyAsync, up and down
  std::uint64_t copied_bytes = 0;        ///< by cuMemcpyAsync and batches
  std::uint64_t stale_copies = 0;        ///< into or out of memory that was freed before they ran
  std::uint64_t copies_from_pinned = 0;  ///< of `copies`, up, out of page-locked memory
  std::uint64_t batches = 0;
  std::uint64_t launches = 0;
  std::uint64_t live_memory = 0;  ///< bytes allocated on the device now
  std::uint64_t live_pinned = 0;
  std::uint64_t live_events = 0;
  std::uint64_t live_streams = 0;
  std::uint64_t contexts = 0;       ///< primary contexts held
  std::uint64_t pooled = 0;         ///< allocations from the pool
  std::uint64_t kept_by_pool = 0;   ///< bytes that were freed and that only the pool can give
  std::uint64_t foreign_calls = 0;  ///< calls on a thread without a context
};

using FakeCudaSetUp = void (*)(const FakeCuda&);
using FakeCudaCount = void (*)(FakeCudaCounts&);

inline const std::string kFakeCudaLibrary = std::string(CACHEBENCH_BINARY_DIR) + "/bin/fake_cuda.so";

template <typename Function>
Function fake_cuda_function(const char* name) {
  void* const handle = ::dlopen(kFakeCudaLibrary.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw std::runtime_error(::dlerror());
  return reinterpret_cast<Function>(::dlsym(handle, name));
}

/// REQUIRES: nothing of an earlier set-up is alive.
inline void set_up(const FakeCuda& options) {
  fake_cuda_function<FakeCudaSetUp>("fake_cuda_set_up")(options);
}
inline FakeCudaCounts fake_counts() {
  FakeCudaCounts counts;
  fake_cuda_function<FakeCudaCount>("fake_cuda_count")(counts);
  return counts;
}

}  // namespace cachebench::tier::testing
