// SPDX-License-Identifier: Apache-2.0
#include "hardware/doctor_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "hardware/machine_notes.h"
#include "hardware/target.h"

namespace cachebench::hardware {
namespace {

constexpr double kMuchStolen = 0.01;
constexpr double kMuchPressure = 0.05;
constexpr double kMuchLost = 0.01;

const MachineNote* note_about(const std::string& subject, const std::vector<MachineNote>& notes) {
  const auto found = std::find_if(notes.begin(), notes.end(),
                                  [&](const MachineNote& note) { return note.about == subject; });
  return found == notes.end() ? nullptr : &*found;
}

// A check that a note of the machine's answers, where there is one about the subject.
DoctorCheck from_notes(const std::string& name, std::string found, const std::vector<MachineNote>& notes) {
  DoctorCheck check{.name = name, .ok = true, .found = std::move(found), .cost = {}, .remedy = {}};
  const MachineNote* const note = note_about(name, notes);
  if (note == nullptr) return check;
  check.ok = false;
  check.found += "; " + note->what;
  check.cost = note->works;
  check.remedy = note->remedy;
  return check;
}

std::string gpu_found(const Topology& topology) {
  const Gpu* gpu = chosen_gpu(topology);
  if (gpu == nullptr) return "no NVIDIA card";
  return fmt::format("{}, compute capability {}{}", gpu->name.empty() ? gpu->pci_id : gpu->name,
                     gpu->compute_capability.empty() ? "unknown" : gpu->compute_capability,
                     gpu->source == GpuSource::kCuda ? "" : ", no CUDA driver");
}

DoctorCheck check_gpu(const Topology& topology, const std::vector<MachineNote>& notes) {
  const Gpu* gpu = chosen_gpu(topology);
  DoctorCheck check{.name = "gpu", .ok = true, .found = gpu_found(topology), .cost = {}, .remedy = {}};
  check.ok = gpu != nullptr && gpu->source == GpuSource::kCuda;
  if (check.ok) return check;
  check.cost = "the first tier is emulated: its times are the profile's, not measured";
  check.remedy = gpu == nullptr ? "none needed for simulation; choose the profile of the machine that counts"
                                : "install NVIDIA's driver (branch 580 or older for SM 6.1)";
  if (const MachineNote* const note = note_about("gpu", notes)) {
    check.found += "; " + note->what;
    check.remedy = note->remedy;
  }
  return check;
}

std::string locked_found(const Limits& limits) {
  if (!limits.locked_memory) return "unknown";
  return limits.locked_memory->is_unlimited ? "unlimited" : format_bytes(limits.locked_memory->bytes);
}

std::string directory_found(const Limits& limits) {
  if (!limits.cache_directory) return "unknown";
  const CacheDirectory& directory = *limits.cache_directory;
  return fmt::format("{}: {}, {} free, O_DIRECT {}", directory.path,
                     directory.filesystem.empty() ? "unknown" : directory.filesystem,
                     directory.free ? format_bytes(*directory.free) : "unknown",
                     !directory.direct_io   ? "unknown"
                     : *directory.direct_io ? "yes"
                                            : "no");
}

DoctorCheck check_pages(const Topology& topology) {
  const HugePages& pages = topology.limits.huge_pages;
  const std::string mode = pages.transparent.empty() ? "unknown" : pages.transparent;
  DoctorCheck check{.name = "huge-pages", .ok = mode != "never", .found = mode, .cost = {}, .remedy = {}};
  if (check.ok) return check;
  check.cost = "large tables miss the processor's page cache more often: simulation is slower";
  check.remedy = "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled";
  return check;
}

DoctorCheck check_threads(const Topology& topology) {
  const Cpu& cpu = topology.cpu;
  DoctorCheck check{.name = "processors",
                    .ok = cpu.threads_allowed >= 2,
                    .found = fmt::format("{} of {} threads allowed", cpu.threads_allowed, cpu.threads),
                    .cost = {},
                    .remedy = {}};
  if (check.ok) return check;
  check.cost = "movers and the computation share one thread: overlap cannot be seen";
  check.remedy = "allow two threads or more (taskset, the container's limits)";
  return check;
}

DoctorCheck check_governor(const Noise& noise) {
  const bool follows = noise.governor == "powersave" || noise.governor == "ondemand" ||
                       noise.governor == "schedutil" || noise.governor == "conservative";
  DoctorCheck check{.name = "governor",
                    .ok = !follows,
                    .found = noise.governor.empty() ? "none told" : noise.governor,
                    .cost = {},
                    .remedy = {}};
  if (check.ok) return check;
  check.cost = "the clock follows the load: the first runs of a measurement are slower";
  check.remedy = "cpupower frequency-set -g performance, or warm up longer";
  return check;
}

DoctorCheck check_noise(const Noise& noise) {
  const double stolen = noise.steal_share.value_or(0);
  const double waited = noise.cpu_pressure.value_or(0);
  DoctorCheck check{
      .name = "noise",
      .ok = stolen < kMuchStolen && waited < kMuchPressure && noise.lost_share < kMuchLost,
      .found =
          fmt::format("stolen {:.1f}%, others waiting {:.1f}%, lost in gaps {:.1f}%, longest gap {}",
                      stolen * 100, waited * 100, noise.lost_share * 100, format_duration(noise.largest_gap)),
      .cost = {},
      .remedy = {}};
  if (check.ok) return check;
  check.cost = "measured times spread: small differences cannot be told";
  check.remedy = "stop other programs; compare interleaved repetitions; use simulation for gates";
  return check;
}

nlohmann::ordered_json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
}

}  // namespace

std::vector<DoctorCheck> doctor_checks(const Topology& topology, const Noise& noise) {
  const std::vector<MachineNote> notes = machine_notes(topology);
  const Limits& limits = topology.limits;
  const std::string memory = topology.memory ? format_bytes(*topology.memory) : "unknown";
  return {check_threads(topology),
          from_notes("memory", memory, notes),
          from_notes("pci", fmt::format("{} devices", topology.pci.size()), notes),
          check_gpu(topology, notes),
          from_notes("locked-memory", locked_found(limits), notes),
          from_notes("cache-directory", directory_found(limits), notes),
          from_notes("io_uring",
                     !limits.io_uring   ? "unknown"
                     : *limits.io_uring ? "yes"
                                        : "no",
                     notes),
          check_pages(topology),
          check_governor(noise),
          check_noise(noise)};
}

std::string doctor_text(const std::vector<DoctorCheck>& checks) {
  std::string text;
  for (const DoctorCheck& check : checks) {
    text += fmt::format("{:<4} {:<16} {}\n", check.ok ? "ok" : "no", check.name, check.found);
    if (!check.cost.empty()) text += fmt::format("{:<21} costs: {}\n", "", check.cost);
    if (!check.remedy.empty()) text += fmt::format("{:<21} do: {}\n", "", check.remedy);
  }
  return text;
}

nlohmann::ordered_json doctor_json(const std::vector<DoctorCheck>& checks) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const DoctorCheck& check : checks) {
    list.push_back({{"name", check.name},
                    {"ok", check.ok},
                    {"found", check.found},
                    {"cost", text_or_null(check.cost)},
                    {"remedy", text_or_null(check.remedy)}});
  }
  return {{"checks", std::move(list)}};
}

}  // namespace cachebench::hardware
