// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/record_times.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <exception>

#include "bench/calibrate/memory.h"
#include "core/error.h"
#include "core/rng.h"
#include "tier/ssd/ssd_plane.h"

namespace cachebench::bench {
namespace {

// Enough that a drive's own cache of the last blocks does not answer for it.
constexpr std::size_t kRecords = 64;

[[noreturn]] void refuse(const tier::Completion& done) {
  if (done.error) std::rethrow_exception(done.error);
  throw Error(ErrorKind::kEnvironment, "calibration: a record of the SSD tier came back damaged");
}

}  // namespace

RecordTimes::RecordTimes(const std::string& folder, RecordDirection direction)
    : direction_(direction), buffer_(kLargest.value), scratch_(kLargest.value) {
  tier::SsdOptions options;
  options.directory = fmt::format("{}/calibrate-{}", folder, ::getpid());
  options.capacity = Bytes{2 * kRecords * kLargest.value};
  options.cold = true;
  options.keep = false;
  plane_ = tier::make_ssd_plane(std::move(options));
  if (buffer_.data() == nullptr || scratch_.data() == nullptr)
    throw system_error(ErrorKind::kEnvironment, "no buffer", ENOMEM);
  Rng rng(2);
  fill_random(buffer_.span(), rng);
}

RecordTimes::~RecordTimes() {
  for (const tier::Block& block : records_) plane_->release(block);
}

tier::Block RecordTimes::allocated(Bytes size) {
  const std::optional<tier::Block> block = plane_->allocate(size);
  if (!block) throw Error(ErrorKind::kEnvironment, "calibration: no room in the SSD tier's store");
  return *block;
}

tier::Ticket RecordTimes::write(const tier::Block& block) {
  const std::span<const std::byte> bytes = buffer_.span().first(block.bytes.value);
  const tier::RecordInfo info{.key = Key{block.bytes.value, next_}, .meta = view_of(bytes).meta};
  return plane_->write(block, info, bytes);
}

tier::Block RecordTimes::written(Bytes size, Nanoseconds& service) {
  const tier::Block block = allocated(size);
  const tier::Completion done = write(block).wait();
  if (done.status != tier::TransferStatus::kDone) {
    plane_->release(block);
    refuse(done);
  }
  service = done.service;
  return block;
}

void RecordTimes::prepare(Bytes size) {
  if (!records_.empty() && records_.front().bytes == size) return;
  for (const tier::Block& block : records_) plane_->release(block);
  records_.clear();
  Nanoseconds ignored{0};
  while (records_.size() < kRecords) records_.push_back(written(size, ignored));
  plane_->flush();
}

Nanoseconds RecordTimes::once_in_exchange(Bytes size) {
  prepare(size);
  const tier::Block going = records_.back();
  records_.pop_back();
  const tier::Block coming = allocated(size);
  const tier::Ticket writing = write(coming);
  plane_->release(going);
  const tier::Completion done = plane_->read(records_[next_++ % records_.size()], scratch_.span()).wait();
  const tier::Completion written = writing.wait();
  records_.insert(records_.begin(), coming);
  if (written.status != tier::TransferStatus::kDone) refuse(written);
  if (done.status != tier::TransferStatus::kDone) refuse(done);
  return done.service;
}

Nanoseconds RecordTimes::once(Bytes size) {
  prepare(size);
  tier::Block& record = records_[next_++ % records_.size()];
  if (direction_ == RecordDirection::kRead) {
    const tier::Completion done = plane_->read(record, scratch_.span()).wait();
    if (done.status != tier::TransferStatus::kDone) refuse(done);
    return done.service;
  }
  plane_->release(record);
  record = records_.back();  // never one that is released, should the next line throw
  records_.pop_back();
  Nanoseconds service{0};
  records_.push_back(written(size, service));
  return service;
}

}  // namespace cachebench::bench
