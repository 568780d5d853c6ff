// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/reactor.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "core/check.h"
#include "core/trace_range.h"

namespace cachebench::tier {
namespace {

// How long a read is polled for: what most take.
constexpr Nanoseconds kPatience{200'000};

bool has_payload(const Transfer& transfer) {
  return transfer.kind == TransferKind::kRead || transfer.kind == TransferKind::kWrite;
}

bool payload_is_issued(const Transfer& transfer) {
  return !has_payload(transfer) || transfer.issued == transfer.header.stored_bytes;
}

// Whether an operation can go straight between the device and these `room` bytes of the caller's.
bool can_go_direct(const std::byte* data, std::uint64_t room, std::uint64_t padded) {
  return is_page_aligned(data) && room >= padded;
}

}  // namespace

Reactor::Reactor(std::unique_ptr<IoEngine> engine, unsigned depth, const Clock& clock, std::uint64_t block)
    : engine_(std::move(engine)),
      clock_(clock),
      block_(block),
      polls_(engine_->polls_sooner() && std::thread::hardware_concurrency() > 1),
      slots_(depth) {
  CACHEBENCH_CHECK(depth > 0 && block > 0 && block % kPage == 0, "{} under way of {} bytes", depth, block);
  for (Slot& slot : slots_) {
    slot.operation = {};
    free_slots_.push_back(&slot);
  }
  thread_ = std::thread([this] { run(); });
}

Reactor::~Reactor() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  engine_->wake();
  thread_.join();
}

void Reactor::submit(std::unique_ptr<Transfer> transfer) {
  {
    const MutexLock lock(mutex_);
    CACHEBENCH_CHECK(!stopping_);
    submitted_.push_back(std::move(transfer));
  }
  engine_->wake();
}

void Reactor::run() {
  name_this_thread("ssd-reactor");
  std::vector<IoOperation*> finished;
  for (;;) {
    const bool stopping = take_submitted();
    const bool more = issue();
    if (stopping && active_.empty()) return;
    if (more) {
      static_cast<void>(engine_->poll(finished));
    } else {
      reap(finished);
    }
    if (!finished.empty()) reaped_ = clock_.now();
    for (IoOperation* operation : finished) {
      const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                     [&](const Slot& each) { return &each.operation == operation; });
      CACHEBENCH_CHECK(slot != slots_.end() && slot->transfer != nullptr,
                       "an operation that is not under way");
      finish_operation(*slot);
      static_cast<void>(issue());  // keep the device busy while the next checksum is computed
    }
    finished.clear();
  }
}

// To wake a thread, on a processor that sleeps as well, takes as long as many a read. For one that has lasted
// this long already it no longer matters, and the processor is left to others.
void Reactor::reap(std::vector<IoOperation*>& finished) {
  while (polls_ && reads_under_way_ > 0 && clock_.now() < poll_until_) {
    if (engine_->poll(finished)) return;
  }
  engine_->wait(finished);
}

bool Reactor::take_submitted() {
  std::deque<std::unique_ptr<Transfer>> taken;
  bool stopping = false;
  {
    const MutexLock lock(mutex_);
    taken.swap(submitted_);
    stopping = stopping_;
  }
  for (std::unique_ptr<Transfer>& transfer : taken) {
    Transfer& one = *transfer;
    active_.emplace(&one, std::move(transfer));
    if (one.kind == TransferKind::kRead) {
      one.arrived.assign((one.header.stored_bytes + block_ - 1) / block_, false);
    }
    if (one.kind == TransferKind::kRead && one.header.stored_bytes == 0) {
      finish(one);
    } else {
      (one.kind == TransferKind::kRead ? reads_ : writes_).push_back(&one);
    }
  }
  return stopping;
}

// Handing an operation to the kernel takes tens of microseconds: a read that comes in, or is finished, must
// not wait for a whole queue of writes to be handed over.
bool Reactor::issue() {
  constexpr int kBurst = 2;
  for (int issued = 0; issued < kBurst; ++issued) {
    Transfer* transfer = next_to_issue();
    if (transfer == nullptr) return false;
    issue_next(*transfer);
  }
  return next_to_issue() != nullptr;
}

// Somebody waits for a read, nobody for a write: beside reads only one of them is under way. In a stream of
// reads that never ends, writes get a turn now and then.
Transfer* Reactor::next_to_issue() const {
  constexpr unsigned kReadsInARow = 8;
  if (free_slots_.empty()) return nullptr;
  if (!reads_.empty() && (writes_.empty() || reads_in_a_row_ < kReadsInARow)) return reads_.front();
  if (writes_.empty()) return nullptr;
  const bool goes =
      writes_under_way_ < (reads_under_way_ > 0 ? 1 : writes_at_once()) || reads_in_a_row_ >= kReadsInARow;
  return goes ? writes_.front() : nullptr;
}

// A short queue is soon written one after another; a long one has to be written fast.
std::size_t Reactor::writes_at_once() const {
  constexpr std::size_t kQueuedForOneMore = 16;
  return 1 + writes_.size() / kQueuedForOneMore;
}

void Reactor::issue_next(Transfer& transfer) {
  const bool is_read = transfer.kind == TransferKind::kRead;
  std::deque<Transfer*>& queue = is_read ? reads_ : writes_;
  // One range for a record, round the start of its first operation: push and pop on one thread cannot show
  // transfers that overlap.
  std::optional<TraceRange> range;
  const Nanoseconds now = clock_.now();
  if (is_read) poll_until_ = now + kPatience;
  if (transfer.started.count() == 0) {
    transfer.started = now;
    if (has_payload(transfer)) {
      range.emplace(is_read ? trace_names::kSsdRead : trace_names::kSsdWrite, transfer.header.stored_bytes);
    }
  }
  Slot& slot = *free_slots_.back();
  free_slots_.pop_back();
  slot.transfer = &transfer;
  ++transfer.under_way;
  ++(is_read ? reads_under_way_ : writes_under_way_);
  reads_in_a_row_ = is_read ? reads_in_a_row_ + 1 : 0;
  if (payload_is_issued(transfer)) {
    issue_header(transfer, slot);
  } else {
    issue_chunk(transfer, slot);
  }
  // A payload's header waits for all of it; until then the transfer has no place in the queue.
  if (payload_is_issued(transfer)) {
    CACHEBENCH_DCHECK(queue.front() == &transfer);
    queue.pop_front();
  }
  engine_->submit(slot.operation);
  if (transfer.kind == TransferKind::kWrite) digest_issued(transfer, transfer.issued);
}

void Reactor::issue_chunk(Transfer& transfer, Slot& slot) {
  slot.payload_offset = transfer.issued;
  slot.payload_bytes = std::min(block_, transfer.header.stored_bytes - transfer.issued);
  transfer.issued += slot.payload_bytes;
  const std::uint64_t padded = round_up_to_page(slot.payload_bytes);
  const bool is_read = transfer.kind == TransferKind::kRead;
  slot.operation = {.kind = is_read ? IoKind::kRead : IoKind::kWrite,
                    .offset = transfer.header.offset + kPage + slot.payload_offset,
                    .size = padded};
  const std::uint64_t room =
      (is_read ? transfer.target.size() : transfer.source.size()) - slot.payload_offset;
  const std::byte* place = (is_read ? transfer.target.data() : transfer.source.data()) + slot.payload_offset;
  slot.bounced = !can_go_direct(place, room, padded);
  if (slot.bounced && slot.bounce.size() < padded) {
    slot.bounce = PageBuffer(block_);
    CACHEBENCH_CHECK(slot.bounce.data() != nullptr, "no memory for {} bytes", block_);
  }
  if (is_read) {
    slot.operation.data = slot.bounced ? slot.bounce.data() : transfer.target.data() + slot.payload_offset;
    return;
  }
  if (!slot.bounced) {
    // The engine has one kind of pointer; it only reads through those of writes.
    slot.operation.data = std::bit_cast<std::byte*>(place);
    return;
  }
  std::memcpy(slot.bounce.data(), place, slot.payload_bytes);
  std::memset(slot.bounce.data() + slot.payload_bytes, 0, padded - slot.payload_bytes);
  slot.operation.data = slot.bounce.data();
}

void Reactor::issue_header(Transfer& transfer, Slot& slot) {
  transfer.header_issued = true;
  slot.payload_bytes = 0;
  slot.bounced = false;
  if (transfer.kind == TransferKind::kPunch) {
    slot.operation = {.kind = IoKind::kPunch, .offset = transfer.header.offset, .size = transfer.punch_bytes};
    return;
  }
  if (slot.bounce.size() < kPage) {
    slot.bounce = PageBuffer(block_);
    CACHEBENCH_CHECK(slot.bounce.data() != nullptr, "no memory for {} bytes", block_);
  }
  if (transfer.kind == TransferKind::kWrite) transfer.header.payload_crc = transfer.crc.value();
  encode_record_header(transfer.header, slot.bounce.span().first(kPage));
  slot.operation = {
      .kind = IoKind::kWrite, .offset = transfer.header.offset, .data = slot.bounce.data(), .size = kPage};
}

// While the device is busy with the chunk that was just started.
void Reactor::digest_issued(Transfer& transfer, std::uint64_t end) {
  transfer.crc.update(transfer.source.subspan(transfer.digested, end - transfer.digested));
  transfer.digested = end;
}

// An operation that came back together with others has waited for their checksums and owners, which is none
// of its transfer's service.
void Reactor::finish_operation(Slot& slot) {
  const Nanoseconds begun = clock_.now();
  if (go_on(slot)) return;
  Transfer& transfer = *slot.transfer;
  if (transfer.kind == TransferKind::kRead && slot.operation.result >= 0) take_chunk(slot);
  slot.transfer = nullptr;
  free_slots_.push_back(&slot);
  --transfer.under_way;
  --(transfer.kind == TransferKind::kRead ? reads_under_way_ : writes_under_way_);
  if (transfer.started.count() != 0)
    transfer.result.service = reaped_ - transfer.started + (clock_.now() - begun);
  settle(transfer);
}

// Deals with interruptions and short transfers; true when the operation was started again.
bool Reactor::go_on(Slot& slot) {
  IoOperation& operation = slot.operation;
  TransferResult& result = slot.transfer->result;
  if (operation.result == -EINTR || operation.result == -EAGAIN) {
    engine_->submit(operation);
    return true;
  }
  if (operation.result < 0) {
    if (result.error == 0) result.error = static_cast<int>(-operation.result);
    return false;
  }
  if (operation.kind == IoKind::kPunch) return false;
  const auto n = static_cast<std::uint64_t>(operation.result);
  if (n == operation.size) return false;
  if (n == 0 || n % kPage != 0) {
    // A file that ends inside the record, or a device that takes nothing and does not say why.
    const bool is_read = operation.kind == IoKind::kRead;
    if (is_read) result.cut_off = true;
    if (result.error == 0) result.error = is_read ? ENODATA : EIO;
    operation.result = -result.error;
    return false;
  }
  operation.offset += n;
  operation.data += n;
  operation.size -= n;
  engine_->submit(operation);
  return true;
}

void Reactor::take_chunk(Slot& slot) {
  Transfer& transfer = *slot.transfer;
  if (slot.bounced) {
    std::memcpy(transfer.target.data() + slot.payload_offset, slot.bounce.data(), slot.payload_bytes);
  }
  transfer.arrived[slot.payload_offset / block_] = true;
  while (transfer.digested < transfer.header.stored_bytes && transfer.arrived[transfer.digested / block_]) {
    const std::uint64_t now = std::min(block_, transfer.header.stored_bytes - transfer.digested);
    transfer.crc.update(std::span<const std::byte>(transfer.target).subspan(transfer.digested, now));
    transfer.digested += now;
  }
}

// Decides what a transfer needs after one of its operations.
void Reactor::settle(Transfer& transfer) {
  const bool failed = transfer.result.error != 0;
  if (failed) {
    std::erase(reads_, &transfer);
    std::erase(writes_, &transfer);
  }
  if (transfer.under_way > 0) return;
  if (failed) {
    finish(transfer);
    return;
  }
  if (!payload_is_issued(transfer)) return;  // waits for its turn
  if (transfer.kind == TransferKind::kWrite && !transfer.header_issued) {
    writes_.push_front(&transfer);
    return;
  }
  finish(transfer);
}

void Reactor::finish(Transfer& transfer) {
  transfer.result.crc = transfer.crc.value();
  transfer.done(transfer.result);
  active_.erase(&transfer);
}

}  // namespace cachebench::tier
