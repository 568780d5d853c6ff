// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "trace/byte_source.h"

/// Splits a source into lines. LF and CR LF end a line; the last one needs no end. One thread. A line longer
/// than kLongestLine throws Error{kInput} "FILE:LINE: reason".
namespace cachebench::trace {

class LineReader {
 public:
  static constexpr std::size_t kLongestLine = std::size_t{64} << 20;

  explicit LineReader(ByteSource& source) : source_(source) {}
  /// The next line without its end; valid until the next call. False when there is none.
  bool next(std::string_view& line);
  /// Number of the line last returned, from 1.
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  ByteSource& source_;
  std::uint64_t number_ = 0;
  std::size_t pending_ = 0;  ///< bytes of the line last returned, consumed at the next call
};

}  // namespace cachebench::trace
