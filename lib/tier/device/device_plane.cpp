// SPDX-License-Identifier: Apache-2.0
#include "tier/device/device_plane.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/error.h"
#include "core/sync.h"
#include "tier/block_space.h"
#include "tier/device/form_rooms.h"
#include "tier/file_part.h"
#include "tier/form_sink.h"

namespace cachebench::tier {
namespace {

class DeviceMemory final : public MemorySource {
 public:
  explicit DeviceMemory(DeviceApi& device) : device_(device) {}
  [[nodiscard]] std::uint64_t map(Bytes size) override {
    return static_cast<std::uint64_t>(device_.malloc(size).value_or(DevicePointer{}));
  }
  void unmap(std::uint64_t address, Bytes) noexcept override {
    device_.free(static_cast<DevicePointer>(address));
  }

 private:
  DeviceApi& device_;
};

Completion completion_of(const CopyResult& result) {
  return {.status = result.error ? TransferStatus::kFailed : TransferStatus::kDone,
          .error = result.error,
          .service = result.service};
}

/// The pieces of one copy: its ticket completes with the last of them.
class Pieces {
 public:
  Pieces(Ticket ticket, std::uint64_t count) : ticket_(std::move(ticket)), left_(count) {}
  void done(const CopyResult& result) {
    bool is_last = false;
    {
      const MutexLock lock(mutex_);
      if (result.error && !all_.error) all_.error = result.error;
      all_.service += result.service;
      is_last = --left_ == 0;
    }
    if (is_last) ticket_.complete(completion_of(all_));
  }

 private:
  Ticket ticket_;
  Mutex mutex_;
  CopyResult all_;  // the last one reads it alone
  std::uint64_t left_ CACHEBENCH_GUARDED_BY(mutex_);
};

HostToDevice piece_of(const HostToDevice& copy, std::uint64_t at, std::uint64_t bytes) {
  return {.target = static_cast<DevicePointer>(static_cast<std::uint64_t>(copy.target) + at),
          .source = copy.source.subspan(at, bytes)};
}
DeviceToHost piece_of(const DeviceToHost& copy, std::uint64_t at, std::uint64_t bytes) {
  return {.target = copy.target.subspan(at, bytes),
          .source = static_cast<DevicePointer>(static_cast<std::uint64_t>(copy.source) + at)};
}

/// One direction: a stream, perhaps shared, and the small copies that wait while somebody else submits.
/// Thread-safe.
template <typename Copy>
class Lane {
 public:
  Lane(const DevicePlaneOptions& options, std::shared_ptr<DeviceStream> stream)
      : options_(options), stream_(std::move(stream)) {}

  Ticket submit(const Copy& copy, Bytes bytes) {
    Ticket ticket = Ticket::pending();
    if (bytes > options_.gathered) {
      submit_alone(copy, bytes, ticket);
      return ticket;
    }
    {
      const MutexLock lock(mutex_);
      waiting_.push_back({copy, ticket});
      if (submitting_) return ticket;  // whoever does takes it along
      submitting_ = true;
    }
    for (Batch batch = next_batch(); !batch.copies.empty(); batch = next_batch()) {
      stream_->memcpy_async(std::span<const Copy>(batch.copies),
                            [tickets = std::move(batch.tickets)](const CopyResult& result) mutable {
                              for (Ticket& one : tickets) one.complete(completion_of(result));
                            });
    }
    return ticket;
  }

  void synchronize() { stream_->synchronize(); }

 private:
  struct Batch {
    std::vector<Copy> copies;
    std::vector<Ticket> tickets;
  };
  struct Waiting {
    Copy copy;
    Ticket ticket;
  };

  void submit_alone(const Copy& copy, Bytes bytes, Ticket ticket) {
    const std::uint64_t chunk = options_.chunk.value;
    if (chunk == 0 || bytes.value <= chunk) {
      stream_->memcpy_async(std::span<const Copy>(&copy, 1), [ticket](const CopyResult& result) mutable {
        ticket.complete(completion_of(result));
      });
      return;
    }
    // So that what goes the other way over the same engine need not wait for all of it.
    const auto pieces = std::make_shared<Pieces>(ticket, (bytes.value + chunk - 1) / chunk);
    for (std::uint64_t at = 0; at < bytes.value; at += chunk) {
      const Copy piece = piece_of(copy, at, std::min(chunk, bytes.value - at));
      stream_->memcpy_async(std::span<const Copy>(&piece, 1),
                            [pieces](const CopyResult& result) { pieces->done(result); });
    }
  }

  Batch next_batch() {
    Batch batch;
    const MutexLock lock(mutex_);
    const std::size_t count = std::min<std::size_t>(waiting_.size(), options_.batch);
    for (std::size_t i = 0; i < count; ++i) {
      batch.copies.push_back(waiting_.front().copy);
      batch.tickets.push_back(std::move(waiting_.front().ticket));
      waiting_.pop_front();
    }
    if (count == 0) submitting_ = false;
    return batch;
  }

  const DevicePlaneOptions options_;
  Mutex mutex_;
  std::deque<Waiting> waiting_ CACHEBENCH_GUARDED_BY(mutex_);
  bool submitting_ CACHEBENCH_GUARDED_BY(mutex_) = false;
  std::shared_ptr<DeviceStream> stream_;
};

/// The streams that a plane works with; some may be the same.
struct Streams {
  Streams(DeviceApi& device, std::uint32_t count)
      : up(device.create_stream()),
        down(count > 1 ? std::shared_ptr<DeviceStream>(device.create_stream()) : up),
        forms(count > 2 ? std::shared_ptr<DeviceStream>(device.create_stream()) : up) {}
  std::shared_ptr<DeviceStream> up;
  std::shared_ptr<DeviceStream> down;
  std::shared_ptr<DeviceStream> forms;
};

class DevicePlane final : public Plane, public PinnedSource, public FormSink, public FileSink {
 public:
  DevicePlane(const DevicePlaneOptions& options, std::shared_ptr<DeviceApi> device)
      : device_(std::move(device)),
        memory_(*device_),
        space_({.budget = options.capacity, .alignment = options.alignment, .aligned_from = {}}, memory_),
        rooms_(*device_),
        streams_(*device_, options.streams),
        up_(options, streams_.up),
        down_(options, streams_.down),
        files_(options.files),
        notes_(options.notes) {
    CACHEBENCH_CHECK(options.batch > 0 && options.streams > 0, "batches of {}, {} streams", options.batch,
                     options.streams);
  }

  [[nodiscard]] hardware::Medium medium() const override { return hardware::Medium::kDevice; }
  [[nodiscard]] const char* device() const override { return device_->kind(); }
  [[nodiscard]] std::optional<Block> allocate(Bytes bytes) override { return space_.allocate(bytes); }
  void release(const Block& block) noexcept override { space_.release(block); }

  [[nodiscard]] Ticket write(const Block& block, const RecordInfo&,
                             std::span<const std::byte> source) override {
    CACHEBENCH_CHECK(source.size() == block.bytes.value, "{} bytes for a block of {}", source.size(),
                     block.bytes.value);
    written_.fetch_add(source.size(), std::memory_order_relaxed);
    return up_.submit({.target = static_cast<DevicePointer>(block.handle), .source = source}, block.bytes);
  }

  [[nodiscard]] Completion write_at_once(const Block& block, const RecordInfo& info,
                                         std::span<const std::byte> source,
                                         const std::function<void()>& meanwhile) override {
    CACHEBENCH_CHECK(source.size() == block.bytes.value, "{} bytes for a block of {}", source.size(),
                     block.bytes.value);
    const auto done = device_->memcpy_at_once(
        {.target = static_cast<DevicePointer>(block.handle), .source = source}, meanwhile);
    if (!done) return Plane::write_at_once(block, info, source, meanwhile);
    written_.fetch_add(source.size(), std::memory_order_relaxed);
    return completion_of(*done);
  }

  [[nodiscard]] std::optional<Ticket> write_decoded(const Block& block, const RecordInfo& form,
                                                    std::span<const std::byte> stored) override {
    const std::optional<FormToDevice> upload = prepare(block, form, stored);
    if (!upload) return std::nullopt;
    return start(*upload);
  }

  [[nodiscard]] std::optional<Completion> write_decoded_at_once(
      const Block& block, const RecordInfo& form, std::span<const std::byte> stored,
      const std::function<void()>& meanwhile) override {
    const std::optional<FormToDevice> upload = prepare(block, form, stored);
    if (!upload) return std::nullopt;
    if (const auto done = device_->decode_at_once(*upload, meanwhile)) {
      rooms_.give_back(upload->room);
      written_.fetch_add(stored.size(), std::memory_order_relaxed);
      return completion_of(*done);
    }
    const Ticket ticket = start(*upload);
    meanwhile();
    return ticket.wait();
  }

  [[nodiscard]] Ticket read(const Block& block, std::span<std::byte> target) override {
    CACHEBENCH_CHECK(target.size() >= block.bytes.value, "{} bytes of room for a block of {}", target.size(),
                     block.bytes.value);
    read_.fetch_add(block.bytes.value, std::memory_order_relaxed);
    return down_.submit(
        {.target = target.first(block.bytes.value), .source = static_cast<DevicePointer>(block.handle)},
        block.bytes);
  }

  [[nodiscard]] bool takes_files() const override { return files_ != nullptr && !files_failed_.load(); }

  [[nodiscard]] std::optional<Completion> write_file(const Block& block, const FilePart& part) override {
    CACHEBENCH_CHECK(part.bytes == block.bytes, "{} bytes of a file for a block of {}", part.bytes.value,
                     block.bytes.value);
    const MutexLock lock(files_mutex_);
    const auto start = std::chrono::steady_clock::now();
    try {
      files_->upload(part, static_cast<DevicePointer>(block.handle));
    } catch (const Error& error) {
      if (!files_failed_.exchange(true)) files_failure_ = error.what();
      return std::nullopt;
    }
    written_.fetch_add(part.bytes.value, std::memory_order_relaxed);
    return Completion{.service =
                          std::chrono::duration_cast<Nanoseconds>(std::chrono::steady_clock::now() - start)};
  }

  [[nodiscard]] std::span<std::byte> host_view(const Block&) override { return {}; }

  // The emulated engines are threads: locked memory is all they can gain from, and its owner says so in
  // notes.
  [[nodiscard]] std::shared_ptr<PinnedMemory> pinned_memory() override {
    return std::string_view(device_->kind()) == "emulated" ? nullptr : device_->pinned_memory();
  }

  void flush() override {
    up_.synchronize();
    down_.synchronize();
    streams_.forms->synchronize();
  }

  [[nodiscard]] PlaneStats stats() const override {
    PlaneStats stats;
    space_.report(stats);
    stats.bytes_read = Bytes{read_.load(std::memory_order_relaxed)};
    stats.bytes_written = Bytes{written_.load(std::memory_order_relaxed)};
    stats.notes = device_->notes();
    stats.notes.insert(stats.notes.end(), notes_.begin(), notes_.end());
    const MutexLock lock(files_mutex_);
    if (!files_failure_.empty())
      stats.notes.push_back(files_failure_ + "; records came through host memory from then on");
    return stats;
  }

 private:
  // With room on the device for the form; nothing where it cannot decode it, or has none.
  [[nodiscard]] std::optional<FormToDevice> prepare(const Block& block, const RecordInfo& form,
                                                    std::span<const std::byte> stored) {
    if (!device_->can_decode(form.encoding, form.meta.dtype)) return std::nullopt;
    CACHEBENCH_CHECK(block.bytes == form.meta.bytes() && stored.size() < block.bytes.value,
                     "{} bytes of a form for a block of {}", stored.size(), block.bytes.value);
    const std::optional<DevicePointer> room = rooms_.take(Bytes{stored.size()});
    if (!room) return std::nullopt;
    return FormToDevice{.form = stored,
                        .room = *room,
                        .plain = static_cast<DevicePointer>(block.handle),
                        .encoding = form.encoding,
                        .meta = form.meta};
  }

  [[nodiscard]] Ticket start(const FormToDevice& upload) {
    written_.fetch_add(upload.form.size(), std::memory_order_relaxed);
    Ticket ticket = Ticket::pending();
    streams_.forms->decode_async(upload,
                                 [this, ticket, room = upload.room](const CopyResult& result) mutable {
                                   rooms_.give_back(room);
                                   ticket.complete(completion_of(result));
                                 });
    return ticket;
  }

  std::shared_ptr<DeviceApi> device_;
  DeviceMemory memory_;
  BlockSpace space_;
  FormRooms rooms_;
  std::atomic<std::uint64_t> read_{0};
  std::atomic<std::uint64_t> written_{0};
  // Last: their destructors wait for what is still being copied.
  Streams streams_;
  Lane<HostToDevice> up_;
  Lane<DeviceToHost> down_;
  mutable Mutex files_mutex_;  // an upload belongs to one thread at a time
  std::atomic<bool> files_failed_{false};
  std::string files_failure_ CACHEBENCH_GUARDED_BY(files_mutex_);
  const std::shared_ptr<FileUpload> files_;
  const std::vector<std::string> notes_;
};

}  // namespace

std::unique_ptr<Plane> make_device_plane(const DevicePlaneOptions& options,
                                         std::shared_ptr<DeviceApi> device) {
  return std::make_unique<DevicePlane>(options, std::move(device));
}

}  // namespace cachebench::tier
