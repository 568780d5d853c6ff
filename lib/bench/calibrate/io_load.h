// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "bench/calibrate/scratch_file.h"
#include "core/clock.h"
#include "core/rng.h"
#include "tier/ssd/io_engine.h"
#include "tier/ssd/page.h"

/// A load of equal blocks on a file, through the I/O engine of the SSD tier: so many in flight at any time,
/// at random places of a fixed sequence or one after the other. Owns its buffers and engine, the file belongs
/// to the caller. Thread-compatible. A failing operation throws Error{kEnvironment}.
namespace cachebench::bench {

enum class IoOrder : std::uint8_t { kRandom, kSequential };

struct IoShape {
  Bytes block{4096};
  unsigned depth = 1;
  double write_share = 0;  ///< 0: reads alone; 1: writes alone
  IoOrder order = IoOrder::kRandom;
};

class IoLoad {
 public:
  /// REQUIRES: the block fits the file and is a multiple of 4 KiB. `why` says what a person should know of
  /// the engine.
  IoLoad(const ScratchFile& file, const IoShape& shape, const Clock& clock, std::vector<std::string>& notes);

  struct Outcome {
    std::uint64_t operations = 0;
    std::uint64_t read_bytes = 0;
    std::uint64_t written_bytes = 0;
    Nanoseconds elapsed{0};
    Nanoseconds operation_time{0};  ///< of all operations together, from submission to completion
  };
  /// Keeps the depth up for that long. The figures are those of the steady state: what was under way before
  /// the first `depth` operations had finished, and what is still under way at the end, is in none of them.
  /// At least one operation is.
  [[nodiscard]] Outcome run_for(Nanoseconds duration);
  /// One pass over the file, once.
  [[nodiscard]] Outcome run_over(Bytes bytes);

 private:
  void start(std::size_t slot);
  void check(std::size_t slot) const;
  void count(std::size_t slot, Nanoseconds now, Outcome& outcome) const;
  /// Starts `at_first` operations, as far as the depth allows, and another for each that finished and of
  /// which `goes_on` says so; then waits for the rest.
  void run(const std::function<bool(std::size_t slot, Nanoseconds now)>& goes_on, std::uint64_t at_first);

  const IoShape shape_;
  const Clock& clock_;
  const std::uint64_t blocks_;
  Rng rng_;
  std::uint64_t next_ = 0;
  // One of each a slot.
  std::vector<tier::IoOperation> operations_;
  std::vector<tier::PageBuffer> buffers_;
  std::vector<Nanoseconds> started_;
  std::unique_ptr<tier::IoEngine> engine_;  // last: what it has under way ends before the buffers go
};

}  // namespace cachebench::bench
