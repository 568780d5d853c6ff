// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/spill_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "core/error.h"

namespace cachebench::torch_model {
namespace {

Error failed(const std::string& folder, const char* what, int code) {
  return system_error(ErrorKind::kEnvironment, fmt::format("{}: {} weights there failed", folder, what),
                      code);
}

// What a call that moved nothing says: without an error the file is shorter than it was.
int code_of(ssize_t done) {
  return done < 0 ? errno : EIO;
}

std::string folder_or_default(const std::string& folder) {
  return folder.empty() ? std::filesystem::temp_directory_path().string() : folder;
}

}  // namespace

SpillFile::SpillFile(WeightSource made_by, const std::string& folder)
    : made_by_(std::move(made_by)), folder_(folder_or_default(folder)) {
  std::string path = (std::filesystem::path(folder_) / "cachebench-weights-XXXXXX").string();
  file_ = ::mkstemp(path.data());
  if (file_ < 0) throw failed(folder_, "keeping", errno);
  ::unlink(path.c_str());
}

SpillFile::~SpillFile() {
  ::close(file_);
}

void SpillFile::write(const at::Tensor& weight, std::uint64_t offset) const {
  const auto* data = static_cast<const char*>(weight.data_ptr());
  for (std::size_t left = weight.nbytes(); left > 0;) {
    const ssize_t done = ::pwrite(file_, data, left, static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) throw failed(folder_, "writing", code_of(done));
    data += done;
    left -= static_cast<std::size_t>(done);
    offset += static_cast<std::uint64_t>(done);
  }
}

void SpillFile::read(at::Tensor& weight, std::uint64_t offset) const {
  auto* data = static_cast<char*>(weight.data_ptr());
  for (std::size_t left = weight.nbytes(); left > 0;) {
    const ssize_t done = ::pread(file_, data, left, static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) throw failed(folder_, "reading", code_of(done));
    data += done;
    left -= static_cast<std::size_t>(done);
    offset += static_cast<std::uint64_t>(done);
  }
}

at::Tensor SpillFile::get(const std::string& name, std::initializer_list<std::int64_t> shape) {
  Place place;
  {
    const MutexLock lock(mutex_);
    const auto found = places_.find(name);
    if (found == places_.end()) {  // once, so with the lock held: models are built by one thread
      at::Tensor made = made_by_(name, shape).contiguous();
      write(made, end_);
      places_[name] = {.offset = end_, .type = made.scalar_type()};
      end_ += made.nbytes();
      return made;
    }
    place = found->second;
  }
  at::Tensor weight = at::empty(at::IntArrayRef(shape.begin(), shape.size()), place.type);
  read(weight, place.offset);
  return weight;
}

WeightSource spilled(WeightSource made_by, const std::string& folder) {
  auto file = std::make_shared<SpillFile>(std::move(made_by), folder);
  return [file](const std::string& name, std::initializer_list<std::int64_t> shape) {
    return file->get(name, shape);
  };
}

}  // namespace cachebench::torch_model
