// SPDX-License-Identifier: Apache-2.0
#include "tier/device/file_upload.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.h"
#include "tier/device/device_types.h"
#include "tier/device/upload_file.h"

namespace cachebench::tier {

using namespace testing;

TEST_CASE_TEMPLATE("a file arrives on the device whole, whatever its length and the buffers", Type,
                   EmulatedInline, EmulatedQueued, FakeDriverBatches, GpuType) {
  const auto device = Type::make({});
  if (device == nullptr) return;
  const UploadFile file(300'001);
  const DevicePointer memory = device->malloc(Bytes{400'000}).value();
  for (const int buffers : {1, 2, 3}) {
    const auto upload = make_staged_upload(device, {.chunk = Bytes{65'536}, .buffers = buffers});
    CHECK(std::string(upload->kind()) == "staged");
    for (const std::uint64_t offset : {0U, 4096U}) {
      for (const std::uint64_t bytes : {0U, 1U, 65'536U, 65'537U, 295'905U}) {
        upload->upload({.descriptor = file.descriptor(), .offset = offset, .bytes = Bytes{bytes}}, memory);
        const std::vector<std::byte> got = read_back(*device, memory, bytes);
        CHECK(std::equal(got.begin(), got.end(), file.bytes().begin() + static_cast<std::ptrdiff_t>(offset)));
      }
    }
  }
  device->free(memory);
}

TEST_CASE_TEMPLATE(
    "a file that ends early, a bad one and a lost device are told, and nothing stays in flight", Type,
    EmulatedQueued, FakeDriverBatches) {
  const auto device = Type::make({.memory = kMiB * 64, .lost_after_copies = 3});
  if (device == nullptr) return;
  const UploadFile file(200'000);
  const DevicePointer memory = device->malloc(Bytes{400'000}).value();
  const auto upload = make_staged_upload(device, {.chunk = Bytes{65'536}});
  CHECK_THROWS_AS(
      upload->upload({.descriptor = file.descriptor(), .offset = 196'608, .bytes = Bytes{65'536}}, memory),
      Error);
  CHECK_THROWS_AS(upload->upload({.descriptor = -1, .offset = 0, .bytes = Bytes{1}}, memory), Error);
  CHECK_THROWS_AS(
      upload->upload({.descriptor = file.descriptor(), .offset = 0, .bytes = Bytes{200'000}}, memory), Error);
  device->free(memory);
}

TEST_CASE("a direct read ends with the part that was asked for, in the last page of the file") {
  const auto device = EmulatedInline::make({});
  const UploadFile file(9'000);
  const std::string path = fmt::format("/proc/self/fd/{}", file.descriptor());
  const int direct = ::open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  if (direct < 0) {
    MESSAGE("skipped: no O_DIRECT here");
    return;
  }
  const DevicePointer memory = device->malloc(Bytes{9'000}).value();
  const auto upload = make_staged_upload(device, {.chunk = Bytes{65'536}, .buffers = 1});
  upload->upload({.descriptor = direct, .offset = 4'096, .bytes = Bytes{4'904}}, memory);
  const std::vector<std::byte> got = read_back(*device, memory, 4'904);
  CHECK(std::equal(got.begin(), got.end(), file.bytes().begin() + 4'096));
  CHECK_THROWS_AS(upload->upload({.descriptor = direct, .offset = 4'096, .bytes = Bytes{4'905}}, memory),
                  Error);
  ::close(direct);
  device->free(memory);
}

}  // namespace cachebench::tier
