// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/memory_pressure.h"

#include <algorithm>
#include <vector>

#include "hardware/kernel_books.h"
#include "hardware/small_files.h"

namespace cachebench::cache {
namespace {

using hardware::read_number;
using hardware::read_small_file;

// The room below a limit narrows what there is.
void narrow(MemoryPressure& pressure, std::uint64_t limit, std::optional<std::uint64_t> used) {
  if (limit >= hardware::kNoGroupLimit) return;
  pressure.total = std::min(pressure.total.value_or(Bytes{limit}), Bytes{limit});
  if (!used) return;
  const Bytes room{limit - std::min(limit, *used)};
  pressure.available = std::min(pressure.available.value_or(room), room);
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
    const std::uint64_t inactive = hardware::number_of_line(*stat, files.inactive).value_or(0);
    used = *used - std::min(*used, inactive);
  }
  return used;
}

void narrow_by_groups(MemoryPressure& pressure, const std::vector<std::string>& folders,
                      const Controller& files) {
  for (const std::string& folder : folders) {
    if (const auto bytes = read_number(folder + files.limit))
      narrow(pressure, *bytes, used_by(folder, files));
  }
}

}  // namespace

std::optional<double> MemoryPressure::available_share() const {
  if (!total || !available || total->value == 0) return std::nullopt;
  return std::min(1.0, static_cast<double>(available->value) / static_cast<double>(total->value));
}

MemoryPressure SystemMemoryProbe::read() {
  MemoryPressure pressure;
  pressure.waiting = hardware::pressure_share(sources_.proc, "memory");
  if (const auto text = read_small_file(sources_.proc + "/meminfo")) {
    pressure.total = hardware::meminfo_line(*text, "MemTotal");
    pressure.available = hardware::meminfo_line(*text, "MemAvailable");
  }
  const auto folders = [this](hardware::GroupVersion version) {
    return hardware::group_folders(sources_.proc, sources_.sys, version, "memory");
  };
  narrow_by_groups(pressure, folders(hardware::GroupVersion::kTwo),
                   {"/memory.max", "/memory.current", "inactive_file"});
  narrow_by_groups(pressure, folders(hardware::GroupVersion::kOne),
                   {"/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file"});
  return pressure;
}

}  // namespace cachebench::cache
