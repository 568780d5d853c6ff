// SPDX-License-Identifier: Apache-2.0
#include "hardware/live_machine.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <set>
#include <sstream>
#include <string_view>

#include "hardware/small_files.h"

namespace cachebench::hardware {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 14> kFeatures{
    "aes",     "amx_tile", "avx",  "avx2", "avx512_bf16", "avx512_vnni", "avx512bw",
    "avx512f", "avx_vnni", "bmi2", "f16c", "fma",         "pclmulqdq",   "sha_ni"};

// The value of the next "KEY : VALUE" line at or after `at`; moves `at` behind it, to npos when there is
// none.
std::string next_value(const std::string& text, std::string_view key, std::size_t& at) {
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line(text.data() + at, end - at);
    at = end + 1;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !line.starts_with(key)) continue;
    if (printable(std::string(line.substr(0, colon))) != key) continue;
    return printable(std::string(line.substr(colon + 1)));
  }
  at = std::string::npos;
  return {};
}

// /proc/cpuinfo outgrows read_small_file's bound only beyond some 700 processors; the first ones then speak.
std::string cpuinfo(const std::string& proc) {
  return read_small_file(proc + "/cpuinfo").value_or("");
}

std::optional<int> sector_size(const std::string& file) {
  const auto bytes = read_number(file);
  const bool makes_sense = bytes && *bytes >= 512 && *bytes <= (1U << 20);
  return makes_sense ? std::optional(static_cast<int>(*bytes)) : std::nullopt;
}

BlockKind kind_of(const std::string& sys, const std::string& name) {
  if (name.starts_with("nvme")) return BlockKind::kNvme;
  // Virtual disks report whatever their host chose as "rotational".
  if (name.starts_with("vd") || name.starts_with("xvd")) return BlockKind::kVirtual;
  const auto rotational = read_number(sys + "/block/" + name + "/queue/rotational");
  if (!rotational) return BlockKind::kUnknown;
  return *rotational == 0 ? BlockKind::kSsd : BlockKind::kHdd;
}

// The PCI function an NVMe drive hangs on: the last folder of its resolved path that looks like a bus id.
std::string bus_id_of(const std::string& device_link) {
  std::error_code failed;
  std::string found;
  for (const fs::path& part : fs::canonical(device_link, failed)) {
    const std::string text = part.string();
    if (text.size() == 12 && text[4] == ':' && text[7] == ':' && text[10] == '.') found = text;
  }
  return found;
}

struct LinkEnd {
  std::optional<int> generation;
  std::optional<int> lanes;
};

// `which`: "max" or "current".
LinkEnd link_end(const std::string& folder, const std::string& which) {
  LinkEnd end;
  const std::string speed = first_line(folder + "/" + which + "_link_speed");  // "8.0 GT/s PCIe"
  double transfers = 0;
  if (std::from_chars(speed.data(), speed.data() + speed.size(), transfers).ec == std::errc{}) {
    end.generation = generation_of(transfers);
  }
  const auto lanes = read_number(folder + "/" + which + "_link_width");
  if (lanes && *lanes > 0 && *lanes <= 32) end.lanes = static_cast<int>(*lanes);  // 255 stands for unknown
  return end;
}

}  // namespace

std::string cpu_model(const std::string& proc) {
  std::size_t at = 0;
  return next_value(cpuinfo(proc), "model name", at);
}

std::vector<std::string> cpu_features(const std::string& proc) {
  const std::string text = cpuinfo(proc);
  std::vector<std::string> common;
  bool is_first = true;
  for (std::size_t at = 0; at != std::string::npos;) {
    std::istringstream words(next_value(text, "flags", at));
    if (at == std::string::npos) break;
    const std::set<std::string> flags{std::istream_iterator<std::string>(words), {}};
    if (is_first) common.assign(kFeatures.begin(), kFeatures.end());
    is_first = false;
    std::erase_if(common, [&](const std::string& feature) { return !flags.contains(feature); });
  }
  return common;
}

std::vector<int> allowed_processors() {
  constexpr int kMostProcessors = 1 << 16;
  std::vector<int> allowed;
  for (int size = CPU_SETSIZE; size <= kMostProcessors; size *= 2) {
    // The set of fixed size holds 1024 processors; the kernel refuses one smaller than its own.
    std::vector<cpu_set_t> set(static_cast<std::size_t>(size / CPU_SETSIZE));
    const std::size_t bytes = set.size() * sizeof(cpu_set_t);
    if (::sched_getaffinity(0, bytes, set.data()) != 0) continue;
    for (int cpu = 0; cpu < size; ++cpu) {
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), bytes, set.data())) allowed.push_back(cpu);
    }
    break;
  }
  return allowed;
}

int allowed_threads() {
  return std::max(1, static_cast<int>(allowed_processors().size()));
}

std::vector<BlockDevice> block_devices(const std::string& sys) {
  std::vector<BlockDevice> devices;
  std::error_code failed;
  for (fs::directory_iterator entry(sys + "/block", failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string folder = entry->path().string();
    const std::string name = entry->path().filename().string();
    // A path of a multi-path drive is hidden behind the drive; without `device` there is no hardware.
    if (!fs::exists(folder + "/device") || read_number(folder + "/hidden").value_or(0) == 1) continue;
    const std::optional<std::uint64_t> sectors = read_number(folder + "/size");
    if (!sectors || *sectors == 0) continue;
    BlockDevice device{.name = printable(name),
                       .model = first_line(folder + "/device/model"),
                       .kind = kind_of(sys, name),
                       .size = Bytes{*sectors * 512},
                       .sector_bytes = sector_size(folder + "/queue/logical_block_size"),
                       .physical_sector_bytes = sector_size(folder + "/queue/physical_block_size"),
                       .rotational = {},
                       .link = {}};
    const auto rotational = read_number(folder + "/queue/rotational");
    if (rotational && device.kind != BlockKind::kVirtual) device.rotational = *rotational != 0;
    if (device.kind == BlockKind::kNvme) device.link = pci_link(sys, bus_id_of(folder + "/device"));
    devices.push_back(std::move(device));
  }
  std::sort(devices.begin(), devices.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return devices;
}

Link pci_link(const std::string& sys, const std::string& bus_id) {
  if (bus_id.empty()) return {};
  std::error_code failed;
  const fs::path folder = fs::canonical(sys + "/bus/pci/devices/" + bus_id, failed);
  if (failed) return {};
  const LinkEnd device = link_end(folder.string(), "max");
  if (!device.generation || !device.lanes) return {};
  const LinkEnd port = link_end(folder.parent_path().string(), "max");
  return {.generation = std::min(*device.generation, port.generation.value_or(*device.generation)),
          .lanes = std::min(*device.lanes, port.lanes.value_or(*device.lanes))};
}

Link current_pci_link(const std::string& sys, const std::string& bus_id) {
  if (bus_id.empty()) return {};
  std::error_code failed;
  const fs::path folder = fs::canonical(sys + "/bus/pci/devices/" + bus_id, failed);
  if (failed) return {};
  const LinkEnd device = link_end(folder.string(), "current");
  if (!device.generation || !device.lanes) return {};
  return {.generation = device.generation, .lanes = device.lanes};
}

std::string nvidia_model(const std::string& proc, const std::string& bus_id) {
  const auto text = read_small_file(proc + "/driver/nvidia/gpus/" + bus_id + "/information");
  std::size_t at = 0;
  return text ? next_value(*text, "Model", at) : std::string();
}

}  // namespace cachebench::hardware
