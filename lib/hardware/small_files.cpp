// SPDX-License-Identifier: Apache-2.0
#include "hardware/small_files.h"

#include <charconv>
#include <fstream>

namespace cachebench::hardware {

std::optional<std::string> read_small_file(const std::string& path) {
  constexpr std::size_t kMost = 1 << 20;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text(kMost, '\0');
  file.read(text.data(), static_cast<std::streamsize>(kMost));
  if (file.bad()) return std::nullopt;
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::string printable(std::string text) {
  for (char& c : text) {
    if (c < 0x20 || c > 0x7e) c = c == '\t' || c == '\n' ? ' ' : '?';
  }
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string first_line(const std::string& path) {
  const std::optional<std::string> text = read_small_file(path);
  return text ? printable(text->substr(0, text->find('\n'))) : std::string();
}

std::optional<std::uint64_t> read_number(const std::string& path) {
  const std::string line = first_line(path);
  std::uint64_t value = 0;
  const char* end = line.data() + line.size();
  const auto [stop, failed] = std::from_chars(line.data(), end, value);
  if (line.empty() || failed != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace cachebench::hardware
