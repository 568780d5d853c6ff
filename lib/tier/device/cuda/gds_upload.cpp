// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/gds_upload.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/types.h>

#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "tier/device/cuda/cuda_device.h"

namespace cachebench::tier {
namespace {

// cuFile's binary interface, as its reference guide has it.
struct FileError {
  int status;  // 0: success; from 5000 on: cuFile's own errors
  int cuda_result;
};
struct FileDescription {
  int type;  // 1: a file descriptor of Linux
  union {
    int descriptor;
    void* other;
  } handle;
  const void* operations;
};
using FileHandle = void*;
constexpr int kLinuxDescriptor = 1;

struct CuFile {
  FileError (*driver_open)() = nullptr;
  FileError (*driver_close)() = nullptr;
  FileError (*handle_register)(FileHandle*, FileDescription*) = nullptr;
  void (*handle_deregister)(FileHandle) = nullptr;
  ssize_t (*read)(FileHandle, void* base, std::size_t bytes, off_t file_offset,
                  off_t memory_offset) = nullptr;
};

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorKind::kEnvironment,
              fmt::format("GPUDirect Storage: {}; the staged upload works without it", reason));
}

CuFile open_library(const std::string& library) {
  void* const handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) refuse(library + " not found");
  CuFile found;
  if (!find(handle, "cuFileDriverOpen", found.driver_open) ||
      !find(handle, "cuFileDriverClose", found.driver_close) ||
      !find(handle, "cuFileHandleRegister", found.handle_register) ||
      !find(handle, "cuFileHandleDeregister", found.handle_deregister) ||
      !find(handle, "cuFileRead", found.read)) {
    refuse(library + " lacks functions of cuFile");
  }
  if (const FileError error = found.driver_open(); error.status != 0)
    refuse(fmt::format("its driver does not open (cuFile error {})", error.status));
  return found;
}

/// A file known to cuFile while this lives.
class Registered {
 public:
  Registered(const CuFile& api, int descriptor) : api_(api) {
    FileDescription description{};
    description.type = kLinuxDescriptor;
    description.handle.descriptor = descriptor;
    if (const FileError error = api_.handle_register(&handle_, &description); error.status != 0)
      refuse(
          fmt::format("the file is refused (cuFile error {}): it has to be opened with O_DIRECT on a file "
                      "system that cuFile knows",
                      error.status));
  }
  ~Registered() { api_.handle_deregister(handle_); }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;
  [[nodiscard]] FileHandle handle() const { return handle_; }

 private:
  const CuFile& api_;
  FileHandle handle_ = nullptr;
};

class GdsUpload final : public FileUpload {
 public:
  GdsUpload(std::shared_ptr<DeviceApi> device, const std::string& library)
      : device_(std::move(device)), api_(open_library(library)) {}
  ~GdsUpload() override { static_cast<void>(api_.driver_close()); }
  GdsUpload(const GdsUpload&) = delete;
  GdsUpload& operator=(const GdsUpload&) = delete;

  [[nodiscard]] const char* kind() const override { return "direct"; }

  void upload(const FilePart& part, DevicePointer target) override {
    const std::unique_ptr<CurrentContext> context = make_current(*device_);
    const Registered file(api_, part.descriptor);
    // An address of the device. NOLINTNEXTLINE(performance-no-int-to-ptr)
    auto* const base = reinterpret_cast<void*>(static_cast<std::uintptr_t>(target));
    for (std::uint64_t at = 0; at < part.bytes.value;) {
      const ssize_t got = api_.read(file.handle(), base, part.bytes.value - at,
                                    static_cast<off_t>(part.offset + at), static_cast<off_t>(at));
      // -1: the system's error; below: cuFile's own, negated.
      if (got < 0) {
        const std::string why =
            got == -1 ? std::system_category().message(errno) : fmt::format("cuFile error {}", -got);
        refuse(fmt::format("reading at byte {} fails ({})", part.offset + at, why));
      }
      if (got == 0) {
        throw Error(ErrorKind::kEnvironment,
                    fmt::format("the file ends before byte {}", part.offset + part.bytes.value));
      }
      at += static_cast<std::uint64_t>(got);
    }
  }

 private:
  const std::shared_ptr<DeviceApi> device_;  // keeps the GPU's context
  const CuFile api_;
};

}  // namespace

std::unique_ptr<FileUpload> make_gds_upload(std::shared_ptr<DeviceApi> device, const std::string& library) {
  if (std::string_view(device->kind()) != "cuda") refuse("it needs device \"cuda\"");
  return std::make_unique<GdsUpload>(std::move(device), library);
}

}  // namespace cachebench::tier
