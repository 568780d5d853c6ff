// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/gds_upload.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.h"
#include "tier/device/device_types.h"
#include "tier/device/upload_file.h"

namespace cachebench::tier {

using namespace testing;

TEST_CASE("without the library, or with a device that is no GPU, a line names the way that works") {
  const auto emulated = EmulatedInline::make({});
  CHECK_THROWS_WITH_AS((void)make_gds_upload(emulated),
                       "GPUDirect Storage: it needs device \"cuda\"; the staged upload works without it",
                       Error);
  const auto device = FakeDriverBatches::make({});
  if (device == nullptr) return;
  CHECK_THROWS_WITH_AS(
      (void)make_gds_upload(device, "no-such-library.so.0"),
      "GPUDirect Storage: no-such-library.so.0 not found; the staged upload works without it", Error);
  CHECK_THROWS_AS((void)make_gds_upload(device, "libc.so.6"), Error);
}

TEST_CASE("the direct way brings the same bytes, in as many reads as it takes") {
  const auto device = FakeDriverBatches::make({});
  if (device == nullptr) return;
  const UploadFile file(250'000);
  const DevicePointer memory = device->malloc(Bytes{250'000}).value();
  const auto upload = make_gds_upload(device, std::string(CACHEBENCH_BINARY_DIR) + "/bin/fake_cufile.so");
  CHECK(std::string(upload->kind()) == "direct");
  upload->upload({.descriptor = file.descriptor(), .offset = 0, .bytes = Bytes{250'000}}, memory);
  const std::vector<std::byte> got = read_back(*device, memory, 250'000);
  CHECK(std::equal(got.begin(), got.end(), file.bytes().begin()));
  CHECK_THROWS_AS(
      upload->upload({.descriptor = file.descriptor(), .offset = 0, .bytes = Bytes{250'001}}, memory), Error);
  CHECK_THROWS_AS(upload->upload({.descriptor = -1, .offset = 0, .bytes = Bytes{1}}, memory), Error);
  const int write_only = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  REQUIRE(write_only >= 0);
  CHECK_THROWS_WITH_AS(
      upload->upload({.descriptor = write_only, .offset = 7, .bytes = Bytes{1}}, memory),
      "GPUDirect Storage: reading at byte 7 fails (Bad file descriptor); the staged upload works without it",
      Error);
  ::close(write_only);
  device->free(memory);
}

}  // namespace cachebench::tier
