// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/memory_pressure.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>

#include "hardware/small_files.h"

namespace cachebench::cache {
namespace {

using hardware::first_line;
using hardware::read_number;
using hardware::read_small_file;

// The text between `after` and the next blank or line end; empty when it is not there.
std::string_view word_after(std::string_view text, std::string_view after) {
  const std::size_t at = text.find(after);
  if (at == std::string_view::npos) return {};
  std::string_view rest = text.substr(at + after.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest.substr(0, rest.find_first_of(" \n"));
}

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "some avg10=1.23 …": in percent.
std::optional<double> waiting_share(const std::string& proc) {
  const std::optional<std::string> text = read_small_file(proc + "/pressure/memory");
  if (!text || !text->starts_with("some ")) return std::nullopt;
  const auto percent = number_in<double>(word_after(*text, "avg10="));
  if (!percent || !(*percent >= 0 && *percent <= 100)) return std::nullopt;
  return *percent / 100;
}

std::optional<Bytes> meminfo(const std::string& text, std::string_view name) {
  const auto kib = number_in<std::uint64_t>(word_after(text, name));
  if (!kib || *kib > UINT64_MAX / 1024) return std::nullopt;
  return Bytes{*kib * 1024};
}

// The room below a limit narrows what there is.
void narrow(MemoryPressure& pressure, std::uint64_t limit, std::optional<std::uint64_t> used) {
  // What no machine has is how version 1 says that there is no limit.
  constexpr std::uint64_t kNone = std::uint64_t{1} << 62;
  if (limit >= kNone) return;
  pressure.total = std::min(pressure.total.value_or(Bytes{limit}), Bytes{limit});
  if (!used) return;
  const Bytes room{limit - std::min(limit, *used)};
  pressure.available = std::min(pressure.available.value_or(room), room);
}

// The path of this process's group in a controller: "0" for version 2, "memory" for version 1.
std::string group_path(const std::string& proc, std::string_view wanted) {
  const std::optional<std::string> text = read_small_file(proc + "/self/cgroup");
  std::string_view rest = text ? std::string_view(*text) : std::string_view{};
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool found = wanted == "0"
                           ? controllers.empty() && line.substr(0, first) == "0"
                           : ("," + std::string(controllers) + ",").find("," + std::string(wanted) + ",") !=
                                 std::string::npos;
    if (found) return std::string(line.substr(second + 1));
  }
  return "/";
}

/// The files of a version's memory controller.
struct Controller {
  const char* limit;
  const char* used;
  const char* inactive;  ///< in memory.stat
};

// What a group uses, without the pages of files that nobody has read lately: the kernel takes those back
// before it lets anybody wait, and a process that reads a large file would look short of memory for ever.
std::optional<std::uint64_t> used_by(const std::string& folder, const Controller& files) {
  std::optional<std::uint64_t> used = read_number(folder + files.used);
  const std::optional<std::string> stat = used ? read_small_file(folder + "/memory.stat") : std::nullopt;
  if (stat) {
    const std::string lines = "\n" + *stat;
    const auto inactive = number_in<std::uint64_t>(word_after(lines, files.inactive)).value_or(0);
    used = *used - std::min(*used, inactive);
  }
  return used;
}

void narrow_by_groups(MemoryPressure& pressure, const std::string& root, const std::string& group,
                      const Controller& files) {
  std::filesystem::path at(group.empty() ? "/" : group);
  for (;;) {
    const std::string folder = root + (at == "/" ? "" : at.string());
    if (const auto bytes = read_number(folder + files.limit))
      narrow(pressure, *bytes, used_by(folder, files));
    if (!at.has_relative_path()) break;
    at = at.parent_path();
  }
}

}  // namespace

std::optional<double> MemoryPressure::available_share() const {
  if (!total || !available || total->value == 0) return std::nullopt;
  return std::min(1.0, static_cast<double>(available->value) / static_cast<double>(total->value));
}

MemoryPressure SystemMemoryProbe::read() {
  MemoryPressure pressure;
  pressure.waiting = waiting_share(sources_.proc);
  if (const auto text = read_small_file(sources_.proc + "/meminfo")) {
    pressure.total = meminfo(*text, "MemTotal:");
    pressure.available = meminfo(*text, "MemAvailable:");
  }
  narrow_by_groups(pressure, sources_.sys + "/fs/cgroup", group_path(sources_.proc, "0"),
                   {"/memory.max", "/memory.current", "\ninactive_file "});
  narrow_by_groups(pressure, sources_.sys + "/fs/cgroup/memory", group_path(sources_.proc, "memory"),
                   {"/memory.limit_in_bytes", "/memory.usage_in_bytes", "\ntotal_inactive_file "});
  return pressure;
}

}  // namespace cachebench::cache
