// SPDX-License-Identifier: Apache-2.0
#include "bench/config/origin.h"

#include <fmt/format.h>

#include <algorithm>

namespace cachebench::bench {
namespace {

// A quoted key is a key where a colon follows, not a value of the same text.
bool is_key_at(std::string_view text, std::size_t after_quote) {
  const std::size_t next = text.find_first_not_of(" \t\r\n", after_quote);
  return next != std::string_view::npos && text[next] == ':';
}

}  // namespace

std::string Origin::at(std::string_view key) const {
  const std::string quoted = fmt::format("\"{}\"", key.substr(key.rfind('.') + 1));
  std::size_t found = std::string::npos;
  for (std::size_t at = text.find(quoted); at != std::string::npos; at = text.find(quoted, at + 1)) {
    if (!is_key_at(text, at + quoted.size())) continue;
    if (found != std::string::npos) return name;
    found = at;
  }
  if (found == std::string::npos) return name;
  const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(found), '\n') + 1;
  return fmt::format("{}:{}", name, line);
}

}  // namespace cachebench::bench
