// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/io_load.h"

#include <algorithm>
#include <cerrno>
#include <exception>

#include "bench/calibrate/memory.h"
#include "core/check.h"
#include "core/error.h"

namespace cachebench::bench {

IoLoad::IoLoad(const ScratchFile& file, const IoShape& shape, const Clock& clock,
               std::vector<std::string>& notes)
    : shape_(shape),
      clock_(clock),
      blocks_(file.size().value / shape.block.value),
      rng_(1),
      operations_(shape.depth),
      started_(shape.depth),
      engine_(tier::make_io_engine("auto", file.fd(), shape.depth, notes)) {
  CACHEBENCH_CHECK(blocks_ > 0 && shape.block.value % tier::kPage == 0, "blocks of {} bytes",
                   shape.block.value);
  for (unsigned slot = 0; slot < shape.depth; ++slot) {
    const tier::PageBuffer& buffer = buffers_.emplace_back(shape.block.value);
    if (buffer.data() == nullptr) throw system_error(ErrorKind::kEnvironment, "no buffer", ENOMEM);
    // What compresses or is all zero would be no measure of a drive that looks.
    fill_random(buffer.span(), rng_);
  }
}

void IoLoad::start(std::size_t slot) {
  const bool writes = shape_.write_share > 0 && rng_.uniform() < shape_.write_share;
  const std::uint64_t block = shape_.order == IoOrder::kRandom ? rng_.below(blocks_) : next_++ % blocks_;
  operations_[slot] = {.kind = writes ? tier::IoKind::kWrite : tier::IoKind::kRead,
                       .offset = block * shape_.block.value,
                       .data = buffers_[slot].data(),
                       .size = shape_.block.value};
  started_[slot] = clock_.now();
  engine_->submit(operations_[slot]);
}

void IoLoad::check(std::size_t slot) const {
  const tier::IoOperation& done = operations_[slot];
  if (done.result == static_cast<std::int64_t>(done.size)) return;
  const int code = done.result < 0 ? static_cast<int>(-done.result) : EIO;
  throw system_error(ErrorKind::kEnvironment, "calibration file", code);
}

void IoLoad::count(std::size_t slot, Nanoseconds now, Outcome& outcome) const {
  const tier::IoOperation& done = operations_[slot];
  ++outcome.operations;
  (done.kind == tier::IoKind::kWrite ? outcome.written_bytes : outcome.read_bytes) += done.size;
  outcome.operation_time += now - started_[slot];
}

void IoLoad::run(const std::function<bool(std::size_t slot, Nanoseconds now)>& goes_on,
                 std::uint64_t at_first) {
  std::uint64_t under_way = 0;
  for (std::size_t slot = 0; slot < std::min<std::uint64_t>(operations_.size(), at_first); ++slot) {
    start(slot);
    ++under_way;
  }
  std::vector<tier::IoOperation*> finished;
  std::exception_ptr error;  // thrown when nothing is under way any more: the buffers belong to the kernel
  while (under_way > 0) {
    finished.clear();
    engine_->wait(finished);
    const Nanoseconds now = clock_.now();
    for (tier::IoOperation* operation : finished) {
      --under_way;
      const auto slot = static_cast<std::size_t>(operation - operations_.data());
      try {
        check(slot);
      } catch (...) {
        error = std::current_exception();
      }
      if (error || !goes_on(slot, now)) continue;
      start(slot);
      ++under_way;
    }
  }
  if (error) std::rethrow_exception(error);
}

IoLoad::Outcome IoLoad::run_for(Nanoseconds duration) {
  Outcome outcome;
  Nanoseconds begun{0};
  std::uint64_t before = shape_.depth;
  bool over = false;
  run(
      [&](std::size_t slot, Nanoseconds now) {
        if (before > 0) {
          if (--before == 0) begun = now;
          return true;
        }
        // What is reaped together finished together: all of it belongs to the same moment.
        if (now == begun) return true;
        over = over || (now - begun > duration && now != begun + outcome.elapsed && outcome.operations > 0);
        if (over) return false;
        count(slot, now, outcome);
        outcome.elapsed = now - begun;
        return true;
      },
      operations_.size());
  return outcome;
}

IoLoad::Outcome IoLoad::run_over(Bytes bytes) {
  Outcome outcome;
  const Nanoseconds begun = clock_.now();
  const std::uint64_t wanted = bytes.value / shape_.block.value;
  std::uint64_t started = std::min<std::uint64_t>(wanted, operations_.size());
  run(
      [&](std::size_t slot, Nanoseconds now) {
        count(slot, now, outcome);
        return started < wanted && started++ < wanted;
      },
      started);
  outcome.elapsed = clock_.now() - begun;
  return outcome;
}

}  // namespace cachebench::bench
