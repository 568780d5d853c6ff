// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/record_times.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>

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
    : direction_(direction), buffer_(kLargest.value) {
  tier::SsdOptions options;
  options.directory = fmt::format("{}/calibrate-{}", folder, ::getpid());
  options.capacity = Bytes{2 * kRecords * kLargest.value};
  options.cold = true;
  options.keep = false;
  plane_ = tier::make_ssd_plane(std::move(options));
  if (buffer_.data() == nullptr) throw system_error(ErrorKind::kEnvironment, "no buffer", ENOMEM);
  Rng rng(2);
  for (std::size_t i = 0; i + 8 <= buffer_.size(); i += 8) {
    const std::uint64_t word = rng.next();
    std::memcpy(buffer_.data() + i, &word, sizeof word);
  }
}

RecordTimes::~RecordTimes() {
  for (const tier::Block& block : records_) plane_->release(block);
}

tier::Block RecordTimes::written(Bytes size, Nanoseconds& service) {
  const std::optional<tier::Block> block = plane_->allocate(size);
  if (!block) throw Error(ErrorKind::kEnvironment, "calibration: no room in the SSD tier's store");
  const tier::RecordInfo info{.key = Key{size.value, next_},
                              .meta = view_of(buffer_.span().first(size.value)).meta};
  const tier::Completion done = plane_->write(*block, info, buffer_.span().first(size.value)).wait();
  if (done.status != tier::TransferStatus::kDone) {
    plane_->release(*block);
    refuse(done);
  }
  service = done.service;
  return *block;
}

void RecordTimes::prepare(Bytes size) {
  if (!records_.empty() && records_.front().bytes == size) return;
  for (const tier::Block& block : records_) plane_->release(block);
  records_.clear();
  Nanoseconds ignored{0};
  while (records_.size() < kRecords) records_.push_back(written(size, ignored));
  plane_->flush();
}

Nanoseconds RecordTimes::once(Bytes size) {
  prepare(size);
  tier::Block& record = records_[next_++ % records_.size()];
  if (direction_ == RecordDirection::kRead) {
    const tier::Completion done = plane_->read(record, buffer_.span()).wait();
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
