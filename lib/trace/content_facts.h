// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "core/ids.h"
#include "trace/request.h"

/// Whether a trace says the same of one content wherever it names it: similarity codes, and what it is a copy
/// of. Runs take what stands with each input, and make up contents by it. Remembers up to a million contents,
/// 40 bytes each. One thread.
namespace cachebench::trace {

class ContentFacts {
 public:
  /// False for an input whose content was named before with other facts.
  bool agrees(const Input& input);
  /// Inputs of which it was false.
  [[nodiscard]] std::uint64_t contradictions() const { return contradictions_; }

 private:
  static constexpr std::size_t kMostRemembered = 1'000'000;
  std::unordered_map<Key, std::uint64_t> known_;  ///< by content: a digest of its facts
  std::uint64_t contradictions_ = 0;
};

}  // namespace cachebench::trace
