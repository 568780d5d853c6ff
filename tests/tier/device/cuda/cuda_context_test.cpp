// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/cuda_context.h"

#include <doctest/doctest.h>

#include <exception>
#include <string>

#include "tier/device/device_types.h"

namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)
namespace {

using testing::kFakeCudaLibrary;

std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& caught) {
    return caught.what();
  }
}

TEST_CASE("the first sticky error is the device's for good; others are of the moment") {
  testing::set_up({});
  CudaContext context(kFakeCudaLibrary, 0);
  CHECK(context.facts().name == "fake driver, no GPU");
  CHECK(context.facts().major == 6);
  CHECK(context.facts().memory_pools);
  const std::string refused = text_of(context.failure(CUDA_ERROR_OUT_OF_MEMORY, "allocating 1 GiB"));
  CHECK(
      refused.find("allocating 1 GiB failed: CUDA_ERROR_OUT_OF_MEMORY (of the fake driver); give the tier") !=
      std::string::npos);
  CHECK(context.lost() == nullptr);
  CHECK_NOTHROW(context.check(CUDA_SUCCESS, "nothing"));
  CHECK_THROWS_AS(context.check(CUDA_ERROR_INVALID_VALUE, "copying"), Error);
  CHECK(context.lost() == nullptr);

  const std::string lost = text_of(context.failure(CUDA_ERROR_LAUNCH_FAILED, "a copy"));
  CHECK(context.lost() != nullptr);
  CHECK(text_of(context.failure(CUDA_ERROR_OUT_OF_MEMORY, "allocating 1 GiB")) == lost);
  CHECK(text_of(context.lost()) == lost);
}

TEST_CASE("what an error means for the context") {
  for (const CUresult result :
       {CUDA_ERROR_ILLEGAL_ADDRESS, CUDA_ERROR_LAUNCH_FAILED, CUDA_ERROR_ECC_UNCORRECTABLE,
        CUDA_ERROR_UNKNOWN, CUDA_ERROR_DEINITIALIZED, CUDA_ERROR_DEVICE_UNAVAILABLE}) {
    CHECK(is_sticky(result));
  }
  for (const CUresult result : {CUDA_SUCCESS, CUDA_ERROR_NOT_READY, CUDA_ERROR_OUT_OF_MEMORY,
                                CUDA_ERROR_INVALID_VALUE, CUDA_ERROR_NO_BINARY_FOR_GPU}) {
    CHECK_FALSE(is_sticky(result));
  }
}

TEST_CASE("pinned memory is known by its ranges, and bounded by what the driver locks") {
  testing::set_up({.pinned = 3 * kMiB.value});
  CudaContext context(kFakeCudaLibrary, 0);
  std::byte* const first = context.allocate_pinned(kMiB);
  std::byte* const second = context.allocate_pinned(kMiB);
  REQUIRE(first != nullptr);
  REQUIRE(second != nullptr);
  CHECK(context.allocate_pinned(kMiB * 2) == nullptr);
  CHECK(context.lost() == nullptr);
  CHECK(context.is_pinned({first, kMiB.value}));
  CHECK(context.is_pinned({second + 5, 100}));
  CHECK_FALSE(context.is_pinned({first + 1, 2 * kMiB.value}));
  const std::byte other{};
  CHECK_FALSE(context.is_pinned({&other, 1}));
  context.release_pinned(first);
  CHECK_FALSE(context.is_pinned({first, 1}));
  context.release_pinned(second);
}

}  // namespace
#endif  // cuda.h

}  // namespace cachebench::tier::cuda
