// SPDX-License-Identifier: Apache-2.0
#include "cache/copy.h"

#include <cerrno>
#include <chrono>
#include <cstring>

#include "cache/lock_watch.h"
#include "core/check.h"
#include "core/clock.h"
#include "core/error.h"
#include "tier/ssd/page.h"

namespace cachebench::cache {

std::uint64_t SpaceGate::generation() const {
  const MutexLock lock(mutex_);
  return generation_;
}

void SpaceGate::when_changed(std::uint64_t seen, std::function<void()> job) {
  {
    const MutexLock lock(mutex_);
    if (generation_ == seen) {
      parked_.push_back(std::move(job));
      return;
    }
  }
  job();
}

void SpaceGate::notify() {
  std::vector<std::function<void()>> woken;
  {
    const MutexLock lock(mutex_);
    ++generation_;
    woken.swap(parked_);
  }
  for (const auto& job : woken) job();
}

Copy::Copy(tier::Plane& plane, SpaceGate& gate, const tier::Recovered& recovered)
    : plane_(plane),
      gate_(gate),
      info_(recovered.info),
      bytes_(is_plain() ? recovered.block.bytes : recovered.info.meta.bytes()),
      kept_(true),
      block_(recovered.block) {
  passes_.add(encoding());
  const MutexLock lock(mutex_);
  completion_ = tier::Completion{};
}

Copy::~Copy() {
  if (!block_) return;
  plane_.release(*block_);
  gate_.notify();
}

void Copy::leave_on_plane() {
  if (plane_.medium() == hardware::Medium::kSsd) block_.reset();
}

void Copy::count_in(CompressionMeter& meter) {
  meter_ = &meter;
  if (kept_ && !is_plain()) meter.note_kept(info_);
}

bool Copy::is_sound(const tier::Recovered& recovered) {
  const tier::RecordInfo& info = recovered.info;
  if (info.encoding == tier::Encoding::kPlain) return true;
  return shrinks(info.encoding, info.meta) && stored_bytes(info.encoding, info.meta) == recovered.block.bytes;
}

void Copy::become_plain() {
  info_.encoding = tier::Encoding::kPlain;
  if (!block_) return;
  plane_.release(*block_);
  block_.reset();
  gate_.notify();
}

bool Copy::allocate() {
  if (!block_) block_ = plane_.allocate(stored());
  return block_.has_value();
}

tier::Ticket Copy::read(std::span<std::byte> out) const {
  check_no_decision_lock("a read");
  if (block_ && !is_plain()) return tier::Ticket::completed(read_encoded(out));
  if (block_) return plane_.read(*block_, out);
  if (staging_ && bytes_.value > 0) std::memcpy(out.data(), staging_->span().data(), bytes_.value);
  return {};
}

tier::Ticket Copy::read_stored(std::span<std::byte> out) const {
  check_no_decision_lock("a read");
  CACHEBENCH_CHECK(block_ && !is_plain(), "only a form is passed on as it is");
  return plane_.read(*block_, out);
}

// Service is what the plane and the decoding took, not the wait for the plane between them.
tier::Completion Copy::read_encoded(std::span<std::byte> out) const {
  tier::Completion done;
  tier::PageBuffer buffer;
  std::span<const std::byte> stored_form = plane_.host_view(*block_);
  if (stored_form.empty()) {
    buffer = tier::PageBuffer(stored().value);
    if (buffer.data() == nullptr)
      throw system_error(ErrorKind::kEnvironment, "cannot decode an entry", ENOMEM);
    done = plane_.read(*block_, buffer.span()).wait();
    stored_form = buffer.span().first(stored().value);
  }
  if (done.status == tier::TransferStatus::kDone) {
    const auto plain = out.first(bytes_.value);
    const auto start = std::chrono::steady_clock::now();
    const bool sound = meter_ != nullptr ? meter_->decode(info_, stored_form, plain)
                                         : decode(encoding(), stored_form, info_.meta, plain);
    done.service += std::chrono::duration_cast<Nanoseconds>(std::chrono::steady_clock::now() - start);
    if (!sound) done.status = tier::TransferStatus::kCorrupt;
    if (sound && kept_ && meter_ != nullptr) meter_->note_kept_decoded(info_, plain);
  }
  return done;
}

std::span<const std::byte> Copy::host_view() const {
  if (!is_plain()) return {};
  if (block_) return plane_.host_view(*block_);
  return staging_ ? staging_->span().first(bytes_.value) : std::span<std::byte>{};
}

void Copy::settle(const tier::Completion& completion) {
  std::vector<std::function<void()>> woken;
  {
    const MutexLock lock(mutex_);
    CACHEBENCH_CHECK(!completion_, "a copy settles once");
    completion_ = completion;
    completion_->finished_at = RealClock().now();
    woken.swap(waiting_);
  }
  settled_.notify_all();
  for (const auto& job : woken) job();
}

tier::Completion Copy::wait() const {
  check_no_decision_lock("waiting for a copy");
  const MutexLock lock(mutex_);
  while (!completion_) settled_.wait(mutex_);
  return *completion_;
}

bool Copy::is_settled() const {
  const MutexLock lock(mutex_);
  return completion_.has_value();
}

void Copy::when_settled(std::function<void()> job) {
  {
    const MutexLock lock(mutex_);
    if (!completion_) {
      waiting_.push_back(std::move(job));
      return;
    }
  }
  job();
}

}  // namespace cachebench::cache
