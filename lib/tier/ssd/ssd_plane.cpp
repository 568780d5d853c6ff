// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/ssd_plane.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/disk_space.h"
#include "core/error.h"
#include "core/thread_pool.h"
#include "tier/file_part.h"
#include "tier/ssd/extent_allocator.h"
#include "tier/ssd/open_jobs.h"
#include "tier/ssd/reactor.h"
#include "tier/ssd/record_codec.h"
#include "tier/ssd/segment_file.h"
#include "tier/ssd/segment_scan.h"
#include "tier/ssd/store_directory.h"

namespace cachebench::tier {
namespace {

constexpr const char* kSegmentName = "cachebench.segment";
constexpr std::size_t kCodecThreads = 2;

// What the plane knows of one block; its header's offset is the block's handle.
struct Record {
  RecordHeader header;
  Extent extent;
  Bytes nominal;
  enum class State : std::uint8_t { kEmpty, kWriting, kWritten, kFailed } state = State::kEmpty;
};

class SsdPlane final : public Plane, public FileSource {
 public:
  explicit SsdPlane(SsdOptions options);
  ~SsdPlane() override;

  hardware::Medium medium() const override { return hardware::Medium::kSsd; }
  const char* device() const override { return "ssd"; }
  std::optional<Block> allocate(Bytes bytes) override CACHEBENCH_EXCLUDES(mutex_);
  void release(const Block& block) noexcept override CACHEBENCH_EXCLUDES(mutex_);
  Ticket write(const Block& block, const RecordInfo& info, std::span<const std::byte> source) override
      CACHEBENCH_EXCLUDES(mutex_);
  Ticket read(const Block& block, std::span<std::byte> target) override CACHEBENCH_EXCLUDES(mutex_);
  std::span<std::byte> host_view(const Block&) override { return {}; }
  std::optional<FilePart> file_part(const Block& block) const override CACHEBENCH_EXCLUDES(mutex_);
  std::vector<Recovered> recover() override CACHEBENCH_EXCLUDES(mutex_);
  void flush() override CACHEBENCH_EXCLUDES(mutex_);
  PlaneStats stats() const override CACHEBENCH_EXCLUDES(mutex_);

 private:
  // One read or write on its way through codec and reactor.
  struct Job {
    Ticket ticket;
    std::uint64_t id = 0;      // of an open job
    std::uint64_t handle = 0;  // of the block
    RecordHeader header;
    std::span<const std::byte> source;
    std::span<std::byte> target;
    PageBuffer buffer;  // encoded bytes
    Nanoseconds codec_time{0};
  };

  void load() CACHEBENCH_REQUIRES(mutex_);
  void note_the_disk() CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] std::uint64_t soft_end() const CACHEBENCH_REQUIRES(mutex_);
  void encode_and_write(const std::shared_ptr<Job>& job) CACHEBENCH_EXCLUDES(mutex_);
  void start_write(const std::shared_ptr<Job>& job) CACHEBENCH_EXCLUDES(mutex_);
  void finish_write(Job& job, const TransferResult& result) CACHEBENCH_EXCLUDES(mutex_);
  void start_read(const std::shared_ptr<Job>& job) CACHEBENCH_EXCLUDES(mutex_);
  void finish_read(const std::shared_ptr<Job>& job, const TransferResult& result) CACHEBENCH_EXCLUDES(mutex_);
  void start_erase(const Record& record, TransferKind kind, std::uint64_t id) CACHEBENCH_EXCLUDES(mutex_);
  void finish_erase(const Record& record, TransferKind kind, std::uint64_t id, int error)
      CACHEBENCH_EXCLUDES(mutex_);
  void complete(Job& job, Completion completion) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] Completion failure(const char* what, int error) const;
  void close_in_order() CACHEBENCH_EXCLUDES(mutex_);

  const SsdOptions options_;
  const RealClock clock_;
  StoreDirectory directory_;
  RecordCodec codec_;
  SegmentFile file_;
  OpenJobs jobs_;

  mutable Mutex mutex_;
  ExtentAllocator extents_ CACHEBENCH_GUARDED_BY(mutex_){kPage};
  std::unordered_map<std::uint64_t, Record> records_ CACHEBENCH_GUARDED_BY(mutex_);  // by handle
  std::vector<Recovered> recovered_ CACHEBENCH_GUARDED_BY(mutex_);
  std::uint64_t next_sequence_ CACHEBENCH_GUARDED_BY(mutex_) = 1;
  std::uint64_t nominal_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::size_t records_peak_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  bool can_punch_ CACHEBENCH_GUARDED_BY(mutex_) = true;
  PlaneStats stats_ CACHEBENCH_GUARDED_BY(mutex_);

  std::unique_ptr<Reactor> reactor_;
  std::unique_ptr<ThreadPool> codec_threads_;
};

// A quarter more than the capacity: what was released or moved leaves a little later than decided.
std::uint64_t nominal_limit(Bytes capacity) {
  return capacity.value + capacity.value / 4;
}

SsdPlane::SsdPlane(SsdOptions options)
    : options_(checked(options)),
      directory_(options_.directory,
                 options_.keep ? StoreDirectory::AtEnd::kKeep : StoreDirectory::AtEnd::kRemove),
      codec_(options_.codec, options_.codec_level),
      file_(directory_ / kSegmentName,
            options_.cold ? SegmentFile::Start::kCold : SegmentFile::Start::kWarm) {
  if (file_.was_created()) directory_.adopt(file_.path());
  const MutexLock lock(mutex_);
  load();
  note_the_disk();
  std::unique_ptr<IoEngine> engine =
      make_io_engine(options_.io, file_.fd(), options_.queue_depth, stats_.notes);
  if (options_.wrap_engine) engine = options_.wrap_engine(std::move(engine));
  reactor_ = std::make_unique<Reactor>(std::move(engine), options_.queue_depth, clock_, options_.block.value);
  codec_threads_ = std::make_unique<ThreadPool>(kCodecThreads, "ssd-codec");
}

SsdPlane::~SsdPlane() {
  jobs_.wait_for_all();
  // Each of the two may still be leaving a call into the other: the codec's jobs end first, then the reactor,
  // then the threads that ran the jobs.
  codec_threads_->drain();
  reactor_.reset();
  codec_threads_.reset();
  if (!directory_.removes(file_.path())) close_in_order();
}

void SsdPlane::load() {
  const ScanResult found = scan_segment(file_);
  PageBuffer page(kPage);
  CACHEBENCH_CHECK(page.data() != nullptr, "no memory for a page");
  for (const std::uint64_t offset : found.to_erase) {
    encode_record_header({.store_id = file_.store_id(), .offset = offset, .state = RecordState::kErased},
                         page.span());
    file_.write(offset, page.span());
  }
  next_sequence_ = found.highest_sequence + 1;
  std::vector<RecordHeader> live = found.live;
  for (const RecordHeader& header : live) {
    const Extent extent{header.offset, header.extent_bytes()};
    extents_.take(extent);
    nominal_ += header.payload_bytes;
    records_.emplace(header.offset,
                     Record{header, extent, Bytes{header.payload_bytes}, Record::State::kWritten});
  }
  // Oldest first, so that who takes them over in this order ends with the most recent one.
  std::sort(live.begin(), live.end(),
            [](const RecordHeader& a, const RecordHeader& b) { return a.sequence < b.sequence; });
  for (const RecordHeader& header : live) {
    recovered_.push_back({header.info, {.handle = header.offset, .bytes = Bytes{header.payload_bytes}}});
  }
  records_peak_ = records_.size();
  extents_.prefer_before(soft_end());
  stats_.peak = Bytes{extents_.allocated()};
  file_.resize(std::max(extents_.end(), kPage + nominal_limit(options_.capacity)));
}

void SsdPlane::note_the_disk() {
  if (!file_.is_direct()) {
    stats_.notes.push_back(directory_.path() +
                           ": its file system refuses O_DIRECT, so the SSD tier goes through the page cache");
  }
  const std::optional<Bytes> free = free_disk_space(directory_.path());
  if (!free || *free + Bytes{nominal_} >= options_.capacity) return;
  stats_.notes.push_back(fmt::format("{}: {} free on the disk, less than the {} of the SSD tier",
                                     directory_.path(), format_bytes(*free),
                                     format_bytes(options_.capacity)));
}

std::uint64_t SsdPlane::soft_end() const {
  return kPage + nominal_limit(options_.capacity) + 2 * kPage * records_peak_;
}

std::optional<Block> SsdPlane::allocate(Bytes bytes) {
  const MutexLock lock(mutex_);
  const std::uint64_t limit = nominal_limit(options_.capacity);
  if (nominal_ > limit || bytes.value > limit - nominal_) return std::nullopt;
  const Extent extent = extents_.allocate(kPage + round_up_to_page(bytes.value));
  nominal_ += bytes.value;
  records_.emplace(extent.offset,
                   Record{.header = {.offset = extent.offset}, .extent = extent, .nominal = bytes});
  if (records_.size() > records_peak_) {
    records_peak_ = records_.size();
    extents_.prefer_before(soft_end());
  }
  stats_.peak = std::max(stats_.peak, Bytes{extents_.allocated()});
  if (extents_.end() > soft_end()) {
    stats_.overflow_peak = std::max(stats_.overflow_peak, Bytes{extents_.end() - soft_end()});
  }
  return Block{.handle = extent.offset, .bytes = bytes};
}

void SsdPlane::release(const Block& block) noexcept {
  std::optional<Record> to_erase;
  TransferKind kind = TransferKind::kErase;
  std::uint64_t id = 0;
  {
    const MutexLock lock(mutex_);
    const auto found = records_.find(block.handle);
    CACHEBENCH_CHECK(found != records_.end() && found->second.nominal == block.bytes, "no such block: {}",
                     block.handle);
    Record& record = found->second;
    CACHEBENCH_CHECK(record.state != Record::State::kWriting, "released while it is being written");
    nominal_ -= block.bytes.value;
    if (record.state == Record::State::kEmpty) {
      extents_.free(record.extent);
    } else {
      // The space is free once the header is gone from the medium. Beyond the space meant for the tier the
      // disk's blocks are given back as well. A write that failed may have met a full disk: then a header
      // would find no room either.
      const bool give_back = record.extent.end() > soft_end() || record.state == Record::State::kFailed;
      if (give_back && can_punch_) kind = TransferKind::kPunch;
      record.header.sequence = next_sequence_++;
      record.header.state = RecordState::kErased;
      to_erase = record;
      id = jobs_.begin();
    }
    records_.erase(found);
  }
  if (to_erase) start_erase(*to_erase, kind, id);
}

void SsdPlane::start_erase(const Record& record, TransferKind kind, std::uint64_t id) {
  auto transfer = std::make_unique<Transfer>();
  transfer->kind = kind;
  transfer->header = record.header;
  transfer->punch_bytes = record.extent.bytes;
  transfer->done = [this, record, kind, id](const TransferResult& result) {
    finish_erase(record, kind, id, result.error);
  };
  reactor_->submit(std::move(transfer));
}

void SsdPlane::finish_erase(const Record& record, TransferKind kind, std::uint64_t id, int error) {
  std::optional<TransferKind> instead;
  {
    const MutexLock lock(mutex_);
    if (error == 0) {
      extents_.free(record.extent);
    } else if (kind == TransferKind::kPunch) {
      can_punch_ = false;
      instead = TransferKind::kErase;
    } else if (can_punch_) {
      instead = TransferKind::kPunch;
    } else {
      // Left alone for good: used again, it could come back as what it was.
      stats_.notes.push_back(fmt::format("{}: cannot erase a record ({}); its {} stay unused", file_.path(),
                                         std::generic_category().message(error),
                                         format_bytes(Bytes{record.extent.bytes})));
    }
  }
  if (instead) return start_erase(record, *instead, id);
  jobs_.end(id);
}

Ticket SsdPlane::write(const Block& block, const RecordInfo& info, std::span<const std::byte> source) {
  CACHEBENCH_CHECK(source.size() == block.bytes.value, "{} bytes for a block of {}", source.size(),
                   block.bytes.value);
  auto job = std::make_shared<Job>();
  job->ticket = Ticket::pending();
  job->handle = block.handle;
  job->source = source;
  {
    const MutexLock lock(mutex_);
    const auto found = records_.find(block.handle);
    CACHEBENCH_CHECK(found != records_.end() && found->second.nominal == block.bytes, "no such block: {}",
                     block.handle);
    Record& record = found->second;
    CACHEBENCH_CHECK(record.state == Record::State::kEmpty, "a block is written once");
    record.state = Record::State::kWriting;
    record.header = {.store_id = file_.store_id(),
                     .sequence = next_sequence_++,
                     .offset = record.extent.offset,
                     .info = info,
                     .payload_bytes = source.size(),
                     .stored_bytes = source.size()};
    job->header = record.header;
    job->id = jobs_.begin();
  }
  const Ticket ticket = job->ticket;
  if (codec_.encodes() && source.size() > kPage) {
    codec_threads_->submit([this, job] { encode_and_write(job); });
  } else {
    start_write(job);
  }
  return ticket;
}

void SsdPlane::encode_and_write(const std::shared_ptr<Job>& job) {
  const Nanoseconds start = clock_.now();
  if (std::optional<RecordCodec::Encoded> encoded = codec_.encode(job->source, job->header.info)) {
    job->buffer = std::move(encoded->buffer);
    job->source = job->buffer.span().first(round_up_to_page(encoded->bytes));
    job->header.codec = codec_.id();
    job->header.stored_bytes = encoded->bytes;
  }
  job->codec_time = clock_.now() - start;
  start_write(job);
}

void SsdPlane::start_write(const std::shared_ptr<Job>& job) {
  auto transfer = std::make_unique<Transfer>();
  transfer->kind = TransferKind::kWrite;
  transfer->header = job->header;
  transfer->source = job->source;
  transfer->done = [this, job](const TransferResult& result) { finish_write(*job, result); };
  reactor_->submit(std::move(transfer));
}

void SsdPlane::finish_write(Job& job, const TransferResult& result) {
  {
    const MutexLock lock(mutex_);
    Record& record = records_.at(job.handle);
    record.state = result.error == 0 ? Record::State::kWritten : Record::State::kFailed;
    if (result.error == 0) {
      record.header = job.header;
      record.header.payload_crc = result.crc;
      stats_.bytes_written += Bytes{job.header.stored_bytes};
      stats_.codec[job.header.info.kind].note_encode(Bytes{job.header.payload_bytes},
                                                     Bytes{job.header.stored_bytes}, job.codec_time);
      // What encoding saved.
      const std::uint64_t used = record.header.extent_bytes();
      if (used < record.extent.bytes) {
        extents_.free({record.extent.offset + used, record.extent.bytes - used});
        record.extent.bytes = used;
      }
    }
  }
  if (result.error != 0) {
    complete(job, failure("cannot write a record", result.error));
  } else {
    complete(job, {.service = job.codec_time + result.service});
  }
}

Ticket SsdPlane::read(const Block& block, std::span<std::byte> target) {
  CACHEBENCH_CHECK(target.size() >= block.bytes.value, "{} bytes for a block of {}", target.size(),
                   block.bytes.value);
  auto job = std::make_shared<Job>();
  job->handle = block.handle;
  job->target = target;
  {
    const MutexLock lock(mutex_);
    const auto found = records_.find(block.handle);
    CACHEBENCH_CHECK(found != records_.end() && found->second.nominal == block.bytes, "no such block: {}",
                     block.handle);
    CACHEBENCH_CHECK(
        found->second.state != Record::State::kEmpty && found->second.state != Record::State::kWriting,
        "read before it was written");
    if (found->second.state == Record::State::kFailed) {
      return Ticket::completed(failure("cannot read a record whose write failed", EIO));
    }
    job->header = found->second.header;
    job->id = jobs_.begin();
  }
  job->ticket = Ticket::pending();
  const Ticket ticket = job->ticket;
  start_read(job);
  return ticket;
}

void SsdPlane::start_read(const std::shared_ptr<Job>& job) {
  auto transfer = std::make_unique<Transfer>();
  transfer->kind = TransferKind::kRead;
  transfer->header = job->header;
  transfer->target = job->target;
  if (job->header.codec != 0) {
    job->buffer = PageBuffer(job->header.stored_bytes);
    if (job->buffer.data() == nullptr) {
      complete(*job, failure("cannot read an encoded record", ENOMEM));
      return;
    }
    transfer->target = job->buffer.span();
  }
  transfer->done = [this, job](const TransferResult& result) { finish_read(job, result); };
  reactor_->submit(std::move(transfer));
}

void SsdPlane::finish_read(const std::shared_ptr<Job>& job, const TransferResult& result) {
  const RecordHeader& header = job->header;
  const bool corrupt = result.cut_off || (result.error == 0 && result.crc != header.payload_crc);
  {
    const MutexLock lock(mutex_);
    if (result.error == 0) stats_.bytes_read += Bytes{header.stored_bytes};
    if (corrupt) ++stats_.corrupt_records;
  }
  if (corrupt) return complete(*job, {.status = TransferStatus::kCorrupt, .service = result.service});
  if (result.error != 0) return complete(*job, failure("cannot read a record", result.error));
  if (header.codec == 0) return complete(*job, {.service = result.service});
  codec_threads_->submit([this, job, service = result.service] {
    const Nanoseconds start = clock_.now();
    const std::span<const std::byte> stored = job->buffer.span().first(job->header.stored_bytes);
    const bool sound = codec_.decode(job->header.codec, stored, job->target.first(job->header.payload_bytes));
    const Nanoseconds elapsed = clock_.now() - start;
    {
      const MutexLock lock(mutex_);
      if (!sound) ++stats_.corrupt_records;
      stats_.codec[job->header.info.kind].note_decode(Bytes{job->header.payload_bytes}, elapsed);
    }
    complete(*job, {.status = sound ? TransferStatus::kDone : TransferStatus::kCorrupt,
                    .service = service + elapsed});
  });
}

Completion SsdPlane::failure(const char* what, int error) const {
  return {.status = TransferStatus::kFailed,
          .error = std::make_exception_ptr(
              system_error(ErrorKind::kEnvironment, file_.path() + ": " + what, error))};
}

// The job ends last: after that the plane may be gone, after the ticket the caller's memory.
void SsdPlane::complete(Job& job, Completion completion) {
  Ticket ticket = job.ticket;
  const std::uint64_t id = job.id;
  ticket.complete(std::move(completion));
  jobs_.end(id);
}

std::optional<FilePart> SsdPlane::file_part(const Block& block) const {
  const MutexLock lock(mutex_);
  const Record& record = records_.at(block.handle);
  if (record.state != Record::State::kWritten || record.header.codec != 0) return std::nullopt;
  return FilePart{.descriptor = file_.fd(), .offset = block.handle + kPage, .bytes = block.bytes};
}

std::vector<Recovered> SsdPlane::recover() {
  const MutexLock lock(mutex_);
  return std::exchange(recovered_, {});
}

void SsdPlane::flush() {
  jobs_.wait_for_those_so_far();
  file_.sync();
}

PlaneStats SsdPlane::stats() const {
  const MutexLock lock(mutex_);
  PlaneStats result = stats_;
  result.capacity = Bytes{soft_end() - kPage};
  result.allocated = Bytes{extents_.allocated()};
  return result;
}

void SsdPlane::close_in_order() {
  const MutexLock lock(mutex_);
  for (const Extent& gap : extents_.gaps()) {
    if (!file_.punch(gap)) break;
  }
  try {
    file_.resize(extents_.end());
  } catch (const Error&) {
    // Longer than it needs to be, no more.
  }
  file_.mark_closed_in_order();
}

}  // namespace

std::unique_ptr<Plane> make_ssd_plane(SsdOptions options) {
  return std::make_unique<SsdPlane>(std::move(options));
}

}  // namespace cachebench::tier
