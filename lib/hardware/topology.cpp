// SPDX-License-Identifier: Apache-2.0
#include "hardware/topology.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <hwloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "core/error.h"
#include "core/file.h"
#include "hardware/cuda_facts.h"
#include "hardware/hwloc_facts.h"
#include "hardware/live_machine.h"
#include "hardware/nvml_facts.h"

namespace cachebench::hardware {
namespace {

struct Destroy {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using Handle = std::unique_ptr<hwloc_topology, Destroy>;

// I/O objects are off by default in the API; disallowed processors are part of the machine all the same.
Handle new_topology() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) throw Error(ErrorKind::kEnvironment, "hwloc cannot be initialised");
  Handle topology(raw);
  hwloc_topology_set_io_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
  hwloc_topology_set_icache_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_ALL);
  hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  // Plug-ins that some machines have and others lack: two load graphics drivers for facts not used here, the
  // third only adds device names to what hwloc reads from /sys by itself, and never frees its memory.
  for (const char* plug_in : {"opencl", "gl", "pci"}) {
    hwloc_topology_set_components(raw, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, plug_in);
  }
  return topology;
}

// hwloc prints warnings of its own to standard error; ours is one line, or none.
void hush_hwloc() {
  ::setenv("HWLOC_HIDE_ERRORS", "2", 0);  // NOLINT(concurrency-mt-unsafe): see the header
}

Handle load(const std::string& xml) {
  Handle topology = new_topology();
  const int length = static_cast<int>(xml.size()) + 1;  // hwloc counts the closing zero
  if (hwloc_topology_set_xmlbuffer(topology.get(), xml.c_str(), length) != 0) return nullptr;
  if (hwloc_topology_load(topology.get()) != 0) return nullptr;
  return topology;
}

[[noreturn]] void try_in_child(const std::string& xml) {
  constexpr rlim_t kMostSeconds = 20;
  const struct rlimit no_core { 0, 0 };
  const struct rlimit seconds { kMostSeconds, kMostSeconds };
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::setrlimit(RLIMIT_CPU, &seconds);
  if (const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC); null >= 0) {
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
  }
  try {
    const Handle topology = load(xml);
    if (topology != nullptr) static_cast<void>(hwloc_facts(topology.get()));
    ::_exit(topology != nullptr ? 0 : 1);
  } catch (...) {
    ::_exit(1);
  }
}

// hwloc's own XML parser (used where its libxml2 plug-in is absent) can crash on a damaged file, so the file
// is read in a child process first; parsing is deterministic, and a crash there is only a verdict.
bool survives(const std::string& xml) {
  const pid_t child = ::fork();
  if (child < 0)
    throw system_error(ErrorKind::kEnvironment, "cannot start a process to read the topology", errno);
  if (child == 0) try_in_child(xml);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw system_error(ErrorKind::kInternal, "waitpid", errno);
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void complete_gpu(Gpu& gpu) {
  if (const Link link = pci_link("/sys", gpu.bus_id); link.generation) gpu.link = link;
  if (gpu.vendor != "NVIDIA") return;
  if (const std::string model = nvidia_model("/proc", gpu.bus_id); !model.empty()) gpu.name = model;
}

// Keeps the threads this process may run on, and the cores that have one.
void keep_allowed(std::vector<std::vector<int>>& cores, const std::vector<int>& allowed) {
  for (std::vector<int>& threads : cores) {
    std::erase_if(threads,
                  [&](int thread) { return !std::binary_search(allowed.begin(), allowed.end(), thread); });
  }
  std::erase_if(cores, [](const std::vector<int>& threads) { return threads.empty(); });
}

void complete_from_kernel(Topology& topology) {
  Cpu& cpu = topology.cpu;
  if (cpu.model.empty()) cpu.model = cpu_model("/proc");
  if (cpu.model.empty()) cpu.model = "unknown";
  cpu.features = cpu_features("/proc");
  if (const std::vector<int> allowed = allowed_processors(); !allowed.empty()) {
    cpu.threads_allowed = static_cast<int>(allowed.size());
    keep_allowed(cpu.core_threads, allowed);
  }
  for (PciDevice& device : topology.pci) {
    if (const Link link = pci_link("/sys", device.bus_id); link.generation) device.link = link;
    device.current = current_pci_link("/sys", device.bus_id);
  }
  for (Gpu& gpu : topology.gpus) complete_gpu(gpu);
  merge_nvml(nvidia::nvml_gpus(), topology.gpus);
  const CudaAnswer cuda = ask_cuda();
  merge_cuda(cuda.cards, topology.gpus);
  topology.no_cuda = {.reason = cuda.reason, .has_driver = cuda.has_driver};
  topology.block_devices = block_devices("/sys");
  topology.limits = read_limits({});
  // Memory that was added while the system ran belongs to no node that hwloc sees.
  if (topology.limits.memory_total) topology.memory = topology.limits.memory_total;
}

}  // namespace

Topology read_topology() {
  hush_hwloc();
  const Handle handle = new_topology();
  if (hwloc_topology_load(handle.get()) != 0) {
    throw Error(ErrorKind::kEnvironment,
                "hwloc cannot read this machine; is a variable such as HWLOC_XMLFILE set to something else?");
  }
  Topology topology = hwloc_facts(handle.get());
  topology.is_this_machine = hwloc_topology_is_thissystem(handle.get()) != 0;
  topology.origin = topology.is_this_machine ? "this machine" : "hwloc's environment variables";
  if (topology.is_this_machine) complete_from_kernel(topology);
  return topology;
}

Topology read_topology_xml(const std::string& path) {
  constexpr std::size_t kMostBytes = 64 << 20;
  hush_hwloc();
  const MappedFile file(path);
  if (file.text().size() > kMostBytes)
    throw Error(ErrorKind::kInput, path + ": larger than any topology (64 MiB)");
  const std::string xml(file.text());
  const Handle handle = survives(xml) ? load(xml) : nullptr;
  if (handle == nullptr) {
    throw Error(ErrorKind::kInput,
                path +
                    ": not a topology that hwloc 2 can read (broken, cut off, or of another kind); "
                    "`lstopo --of xml FILE` writes one");
  }
  Topology topology = hwloc_facts(handle.get());
  topology.origin = path;
  return topology;
}

std::optional<int> Cpu::threads_per_core() const {
  if (cores <= 0 || threads < cores) return std::nullopt;
  return (threads + cores - 1) / cores;
}

const char* name_of(GpuSource source) {
  switch (source) {
    case GpuSource::kPciId:
      return "pci-id";
    case GpuSource::kCuda:
      return "cuda";
    case GpuSource::kNvml:
      return "nvml";
  }
  return "?";
}

const char* name_of(BlockKind kind) {
  switch (kind) {
    case BlockKind::kNvme:
      return "nvme";
    case BlockKind::kSsd:
      return "ssd";
    case BlockKind::kHdd:
      return "hdd";
    case BlockKind::kVirtual:
      return "virtual";
    case BlockKind::kUnknown:
      return "unknown";
  }
  return "?";
}

}  // namespace cachebench::hardware
