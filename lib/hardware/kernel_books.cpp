// SPDX-License-Identifier: Apache-2.0
#include "hardware/kernel_books.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "hardware/small_files.h"

namespace cachebench::hardware {
namespace {

// What follows `name` at the beginning of a line, up to the next blank.
std::string_view word_of_line(std::string_view text, const std::string& name) {
  std::size_t at = text.starts_with(name) ? 0 : text.find("\n" + name);
  if (at == std::string_view::npos) return {};
  if (text[at] == '\n') ++at;
  std::string_view rest = text.substr(at + name.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest.substr(0, rest.find_first_of(" \n"));
}

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  if (text.empty() || failed != std::errc{} || stop != end) return std::nullopt;
  return number;
}

// The path of this process's group, of a line "ID:CONTROLLERS:PATH"; version 2's is "0::PATH".
std::string group_path(const std::string& proc, GroupVersion version, std::string_view controller) {
  const std::optional<std::string> text = read_small_file(proc + "/self/cgroup");
  std::string_view rest = text ? std::string_view(*text) : std::string_view{};
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string controllers = "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    const bool found = version == GroupVersion::kTwo
                           ? line.starts_with("0::")
                           : controllers.find("," + std::string(controller) + ",") != std::string::npos;
    if (found) return std::string(line.substr(second + 1));
  }
  return {};
}

}  // namespace

std::optional<Bytes> meminfo_line(std::string_view meminfo, std::string_view name) {
  const auto kib = number_in<std::uint64_t>(word_of_line(meminfo, std::string(name) + ":"));
  if (!kib || *kib > UINT64_MAX / kKiB.value) return std::nullopt;
  return kKiB * *kib;
}

std::optional<std::uint64_t> number_of_line(std::string_view text, std::string_view name) {
  return number_in<std::uint64_t>(word_of_line(text, std::string(name) + " "));
}

// "some avg10=1.23 avg60=…", in percent.
std::optional<double> pressure_share(const std::string& proc, std::string_view resource) {
  const auto text = read_small_file(proc + "/pressure/" + std::string(resource));
  if (!text) return std::nullopt;
  const auto percent = number_in<double>(word_of_line(*text, "some avg10="));
  if (!percent || !(*percent >= 0 && *percent <= 100)) return std::nullopt;
  return *percent / 100;
}

std::vector<std::string> group_folders(const std::string& proc, const std::string& sys, GroupVersion version,
                                       std::string_view controller) {
  std::string root = sys + "/fs/cgroup";
  if (version == GroupVersion::kOne) root += "/" + std::string(controller);
  std::vector<std::string> folders;
  std::filesystem::path group(group_path(proc, version, controller));
  for (; group.has_relative_path(); group = group.parent_path()) folders.push_back(root + group.string());
  folders.push_back(root);
  return folders;
}

}  // namespace cachebench::hardware
