// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/sweep/ablation.h"

/// The finished rounds of an ablation in a file, one a line, so that rounds may be gathered when the machine
/// is free and an interrupted command goes on where it was. Each line carries a hash of all variants'
/// configs: rounds of other experiments are refused. A last line that was cut short is dropped. Owns
/// nothing but the path; thread-compatible. Throws Error{kUsage} for a file of other experiments,
/// Error{kInput} for one that cannot be read, Error{kEnvironment} for one that cannot be written.
namespace cachebench::bench {

class AblationJournal {
 public:
  /// Reads what is there; an empty path, or no such file, is no rounds.
  AblationJournal(std::string path, const std::vector<AblationVariant>& variants);
  /// Those in the file, once.
  [[nodiscard]] std::vector<AblationRound> take_rounds() { return std::move(rounds_); }
  /// At the end of the file, before this returns.
  void add(const AblationRound& round) const;

 private:
  const std::string path_;
  const std::string identity_;
  std::vector<AblationRound> rounds_;
};

}  // namespace cachebench::bench
