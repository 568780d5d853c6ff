// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/cuda_stream.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "tier/device/device_types.h"

namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)

TEST_CASE("progress counts completions, and whoever waits for one goes on with it") {
  Progress progress;
  CHECK(progress.begun() == 0);
  progress.wait_for(0);
  CHECK(progress.begin() == 1);
  CHECK(progress.begin() == 2);
  CHECK_FALSE(progress.has_ended(1));
  std::thread waiter([&] { progress.wait_for(2); });
  progress.end_one();
  CHECK(progress.has_ended(1));
  CHECK_FALSE(progress.has_ended(2));
  progress.end_one();
  waiter.join();
  CHECK(progress.has_ended(2));
}

TEST_CASE("a stream makes its events once, however many copies it takes in turn") {
  testing::set_up({});
  const auto context = std::make_shared<CudaContext>(testing::kFakeCudaLibrary, 0);
  {
    CudaStream stream(context, nullptr, BatchedCopies::kKernel);  // no kernels: it copies one by one
    const std::vector<std::byte> source(100);
    const HostToDevice copy{.target = {}, .source = {source.data(), 0}};
    for (int i = 0; i < 100; ++i) {
      stream.memcpy_async(std::span(&copy, 1), {});
      stream.synchronize();
    }
    CHECK(testing::fake_counts().live_events == 2);
  }
  CHECK(testing::fake_counts().live_events == 0);
  CHECK(testing::fake_counts().foreign_calls == 0);
}

TEST_CASE("a copy that the driver refuses half way leaves nothing in flight") {
  testing::set_up({});
  const auto context = std::make_shared<CudaContext>(testing::kFakeCudaLibrary, 0);
  CUdeviceptr memory = 0;
  {
    const CudaContext::Scope scope(*context);
    REQUIRE(context->driver().mem_alloc(&memory, 4096) == CUDA_SUCCESS);
  }
  CudaStream stream(context, nullptr, BatchedCopies::kSingle);
  std::vector<std::byte> source(4096, std::byte{1});
  const std::vector<HostToDevice> copies{{.target = static_cast<DevicePointer>(memory), .source = source},
                                         {.target = static_cast<DevicePointer>(1), .source = source}};
  int refused = 0;
  stream.memcpy_async(copies, [&](const CopyResult& result) { refused += result.error ? 1 : 0; });
  CHECK(refused == 1);  // on this thread, at once
  CHECK(stream.query());
  stream.synchronize();
  CHECK(context->lost() == nullptr);
  const CudaContext::Scope scope(*context);
  CHECK(context->driver().mem_free(memory) == CUDA_SUCCESS);
}

#endif  // cuda.h

}  // namespace cachebench::tier::cuda
