// SPDX-License-Identifier: Apache-2.0
//
// A stand-in for NVIDIA's cuFile library: reads into the fake driver's device memory, which is the
// processor's.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <string>

struct FakeFileError {
  int status;
  int cuda_result;
};
struct FakeDescription {
  int type;
  union {
    int descriptor;
    void* other;
  } handle;
  const void* operations;
};
struct FakeFile {
  int descriptor;
};

extern "C" {

FakeFileError cuFileDriverOpen();
FakeFileError cuFileDriverClose();
FakeFileError cuFileHandleRegister(void** handle, FakeDescription* description);
void cuFileHandleDeregister(void* handle);
ssize_t cuFileRead(void* handle, void* base, std::size_t bytes, off_t offset, off_t memory_offset);

FakeFileError cuFileDriverOpen() {
  return {0, 0};
}
FakeFileError cuFileDriverClose() {
  return {0, 0};
}
FakeFileError cuFileHandleRegister(void** handle, FakeDescription* description) {
  if (description->type != 1 || description->handle.descriptor < 0) return {5022, 0};
  *handle = std::make_unique<FakeFile>(FakeFile{description->handle.descriptor}).release();
  return {0, 0};
}
void cuFileHandleDeregister(void* handle) {
  const std::unique_ptr<FakeFile> owned(static_cast<FakeFile*>(handle));
}
ssize_t cuFileRead(void* handle, void* base, std::size_t bytes, off_t offset, off_t memory_offset) {
  const std::size_t part = std::min<std::size_t>(bytes, 100'000);  // short reads are allowed
  // Like the library, any place and length will do, also of a file that was opened with O_DIRECT.
  const int flags = ::fcntl(static_cast<FakeFile*>(handle)->descriptor, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) {
    errno = EBADF;
    return -1;
  }
  const std::string path = "/proc/self/fd/" + std::to_string(static_cast<FakeFile*>(handle)->descriptor);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  const ssize_t got = ::pread(descriptor, static_cast<std::byte*>(base) + memory_offset, part, offset);
  ::close(descriptor);
  return got;
}

}  // extern "C"
