// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "tier/device/device_api.h"

/// A file of known bytes, gone at the end of the test, and what a test reads back from the device.
namespace cachebench::tier::testing {

class UploadFile {
 public:
  explicit UploadFile(std::size_t bytes) : bytes_(bytes) {
    for (std::size_t i = 0; i < bytes; ++i) bytes_[i] = static_cast<std::byte>(i * 31 + i / 4096);
    std::string name = "/tmp/cachebench-upload-XXXXXX";
    descriptor_ = ::mkstemp(name.data());
    if (descriptor_ < 0) throw std::runtime_error("no file for the test");
    ::unlink(name.c_str());
    if (::write(descriptor_, bytes_.data(), bytes) != static_cast<ssize_t>(bytes))
      throw std::runtime_error("no room for the test's file");
  }
  ~UploadFile() { ::close(descriptor_); }
  UploadFile(const UploadFile&) = delete;
  UploadFile& operator=(const UploadFile&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
  int descriptor_;
};

inline std::vector<std::byte> read_back(DeviceApi& device, DevicePointer source, std::size_t bytes) {
  std::vector<std::byte> target(bytes);
  const auto stream = device.create_stream();
  const DeviceToHost copy{.target = target, .source = source};
  stream->memcpy_async(std::span(&copy, 1), {});
  stream->synchronize();
  return target;
}

}  // namespace cachebench::tier::testing
