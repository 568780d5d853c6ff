// SPDX-License-Identifier: Apache-2.0
#include "hardware/nvidia/cuda_driver.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "tier/device/fake_driver/fake_cuda.h"

namespace cachebench::hardware::nvidia {
namespace {

TEST_CASE("versions read as NVIDIA writes them") {
  CHECK(cuda_version_text(13000) == "13.0");
  CHECK(cuda_version_text(12090) == "12.9");
}

#if __has_include(<cuda.h>)

using tier::testing::FakeCuda;
using tier::testing::kFakeCudaLibrary;

TEST_CASE("without a driver the reason is a line, and so it is where the library is another one") {
  const OpenedDriver absent = open_cuda_driver("no-such-driver.so.1");
  CHECK(absent.driver == nullptr);
  CHECK(absent.reason == "no-such-driver.so.1: not found, so there is no NVIDIA driver here");
  const OpenedDriver other = open_cuda_driver("libc.so.6");
  CHECK(other.driver == nullptr);
  CHECK(other.reason.find("no function cuInit") != std::string::npos);
}

TEST_CASE("the fake driver opens; an old one and one that does not start are named") {
  tier::testing::set_up({});
  const OpenedDriver opened = open_cuda_driver(kFakeCudaLibrary);
  REQUIRE(opened.driver != nullptr);
  CHECK(opened.driver->version == 13000);
  CHECK(describe(*opened.driver, CUDA_ERROR_OUT_OF_MEMORY) ==
        "CUDA_ERROR_OUT_OF_MEMORY (of the fake driver)");
  CHECK(describe(*opened.driver, CUDA_ERROR_UNKNOWN) == "CUDA error 999");

  tier::testing::set_up({.driver_version = 10020});
  CHECK(open_cuda_driver(kFakeCudaLibrary).reason.find("CUDA 10.2, and 11.0 or newer is needed") !=
        std::string::npos);
  tier::testing::set_up({.init_result = CUDA_ERROR_NO_DEVICE});
  CHECK(open_cuda_driver(kFakeCudaLibrary).reason.find("does not start: CUDA_ERROR_NO_DEVICE") !=
        std::string::npos);
  tier::testing::set_up({});
}

#endif

}  // namespace
}  // namespace cachebench::hardware::nvidia
