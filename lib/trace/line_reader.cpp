// SPDX-License-Identifier: Apache-2.0
#include "trace/line_reader.h"

#include <fmt/format.h>

#include "core/error.h"

namespace cachebench::trace {

bool LineReader::next(std::string_view& line) {
  source_.consume(pending_);
  pending_ = 0;
  std::size_t searched = 0;
  std::size_t end = std::string_view::npos;
  while (true) {
    end = source_.window().find('\n', searched);
    if (end != std::string_view::npos) break;
    searched = source_.window().size();
    if (searched > kLongestLine) {
      throw Error(ErrorKind::kInput, fmt::format("{}:{}: line is longer than {} MiB", source_.path(),
                                                 number_ + 1, kLongestLine >> 20));
    }
    if (!source_.grow()) break;
  }
  const std::string_view window = source_.window();
  if (end == std::string_view::npos && window.empty()) return false;
  line = window.substr(0, end);
  pending_ = end == std::string_view::npos ? window.size() : end + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  ++number_;
  return true;
}

}  // namespace cachebench::trace
