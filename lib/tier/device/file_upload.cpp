// SPDX-License-Identifier: Apache-2.0
#include "tier/device/file_upload.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/error.h"
#include "core/sync.h"
#include "tier/mapping.h"
#include "tier/round_up.h"

namespace cachebench::tier {
namespace {

/// Reads until `wanted` bytes are there or the file ends; the bytes read. Direct reads take whole pages, also
/// the last one, which may be short: to go on behind it would not be direct any more.
std::size_t read_fully(int descriptor, std::uint64_t offset, std::span<std::byte> target,
                       std::size_t wanted) {
  std::size_t done = 0;
  while (done < wanted) {
    const ssize_t got =
        ::pread(descriptor, target.data() + done, target.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error(ErrorKind::kEnvironment, "reading a file for the device", errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

/// A buffer on its way, and whether the device is done with it.
class Slot {
 public:
  explicit Slot(Mapping memory) : memory_(std::move(memory)) {}

  [[nodiscard]] std::span<std::byte> span() const { return memory_.span(); }
  /// The device's hold begins; the completion ends it.
  [[nodiscard]] CopyDone hold() {
    const MutexLock lock(mutex_);
    busy_ = true;
    return [this](const CopyResult& result) {
      const MutexLock inner(mutex_);
      busy_ = false;
      if (result.error) error_ = result.error;
      free_.notify_all();
    };
  }
  /// Blocks until the device is done; what went wrong since the last call.
  [[nodiscard]] std::exception_ptr wait() {
    const MutexLock lock(mutex_);
    while (busy_) free_.wait(mutex_);
    return std::exchange(error_, nullptr);
  }

 private:
  Mapping memory_;
  Mutex mutex_;
  CondVar free_;
  bool busy_ CACHEBENCH_GUARDED_BY(mutex_) = false;
  std::exception_ptr error_ CACHEBENCH_GUARDED_BY(mutex_);
};

class StagedUpload final : public FileUpload {
 public:
  StagedUpload(std::shared_ptr<DeviceApi> device, const StagedUploadOptions& options)
      : device_(std::move(device)), chunk_(options.chunk.value) {
    CACHEBENCH_CHECK(chunk_ > 0 && chunk_ % kPage == 0 && options.buffers > 0, "chunks of {}, {} buffers",
                     chunk_, options.buffers);
    for (int i = 0; i < options.buffers; ++i) {
      std::optional<Mapping> memory = Mapping::try_pinned(options.chunk, device_->pinned_memory());
      if (!memory) {
        throw Error(ErrorKind::kEnvironment, fmt::format("no host memory for {} buffers of {}",
                                                         options.buffers, format_bytes(options.chunk)));
      }
      slots_.push_back(std::make_unique<Slot>(std::move(*memory)));
    }
    stream_ = device_->create_stream();
  }

  [[nodiscard]] const char* kind() const override { return "staged"; }

  void upload(const FilePart& part, DevicePointer target) override {
    std::exception_ptr error;
    try {
      send(part, target);
    } catch (...) {
      error = std::current_exception();
    }
    for (const auto& slot : slots_) {
      const std::exception_ptr failed = slot->wait();
      if (error == nullptr) error = failed;
    }
    if (error) std::rethrow_exception(error);
  }

 private:
  void send(const FilePart& part, DevicePointer target) {
    for (std::uint64_t at = 0; at < part.bytes.value; at += chunk_) {
      Slot& slot = *slots_[next_++ % slots_.size()];
      if (const std::exception_ptr failed = slot.wait()) std::rethrow_exception(failed);
      const std::size_t wanted = std::min(chunk_, part.bytes.value - at);
      const std::span<std::byte> room = slot.span().first(round_up(wanted, kPage));
      if (read_fully(part.descriptor, part.offset + at, room, wanted) < wanted) {
        throw Error(ErrorKind::kEnvironment,
                    fmt::format("the file ends before byte {}", part.offset + part.bytes.value));
      }
      const HostToDevice copy{.target = static_cast<DevicePointer>(static_cast<std::uint64_t>(target) + at),
                              .source = slot.span().first(wanted)};
      stream_->memcpy_async(std::span(&copy, 1), slot.hold());
    }
  }

  const std::shared_ptr<DeviceApi> device_;
  const std::uint64_t chunk_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::size_t next_ = 0;
  std::unique_ptr<DeviceStream> stream_;  // after the slots: its end waits for what uses them
};

}  // namespace

std::unique_ptr<FileUpload> make_staged_upload(std::shared_ptr<DeviceApi> device,
                                               const StagedUploadOptions& options) {
  return std::make_unique<StagedUpload>(std::move(device), options);
}

}  // namespace cachebench::tier
