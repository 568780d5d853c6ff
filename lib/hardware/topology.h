// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/units.h"
#include "hardware/limits.h"
#include "hardware/pcie_link.h"

/// What a machine is made of, as plain values: read from hwloc and, for this machine, completed from /proc
/// and /sys. A fact that is not known is absent (empty optional, empty text), never 0. Printing is elsewhere
/// (topology_json.h, topology_text.h), judging too (target.h, machine_notes.h).
namespace cachebench::hardware {

struct CacheLevel {
  int level = 0;
  std::string type;  ///< "unified", "data" or "instruction"
  Bytes size;
  int count = 0;  ///< how many of them the machine has
  std::optional<int> line_bytes;
  std::optional<int> ways;
  bool operator==(const CacheLevel&) const = default;
};

struct NumaNode {
  int index = 0;
  std::optional<Bytes> memory;
  int threads = 0;
};

struct Cpu {
  std::string model;
  int packages = 0;
  int cores = 0;
  int threads = 0;
  int threads_allowed = 0;                       ///< this process may run on
  std::vector<std::vector<int>> core_threads{};  ///< the system's numbers of the threads of each core
  std::vector<std::string> features;             ///< of those that matter here; empty where unknown
  std::optional<int> base_mhz;
  std::optional<int> max_mhz;
  /// Simultaneous multithreading: threads a core, rounded up where they differ; 1 without it.
  [[nodiscard]] std::optional<int> threads_per_core() const;
};

enum class GpuSource : std::uint8_t { kPciId, kCuda, kNvml };

struct Gpu {
  std::string vendor;  ///< "NVIDIA", "Intel", "AMD", … or the id in hex
  std::string name;
  std::string pci_id;  ///< "10de:1d13"; "" of a card that only CUDA sees
  std::string bus_id;  ///< "0000:01:00.0"
  std::string chip;    ///< "GP108"
  std::string compute_capability;
  GpuSource source = GpuSource::kPciId;  ///< of the compute capability
  std::optional<Bytes> memory;
  std::optional<int> multiprocessors{};  ///< CUDA's word only
  std::optional<int> copy_engines{};     ///< CUDA's word only
  Link link;                             ///< the best that card and slot can make together
};

/// A function or a bridge on the PCI bus.
struct PciDevice {
  std::string bus_id;                          ///< "0000:01:00.0"
  std::string parent;                          ///< of the bridge above it, "" directly below a host bridge
  std::string pci_id;                          ///< "10de:1d13"
  std::string kind;                            ///< "display", "nvme", "bridge", …, or the class in hex
  std::string name;                            ///< as the machine's database has it; "" without one
  Link link;                                   ///< the best that it and the port above can make together
  Link current;                                ///< now: an idle device may have slowed its link down
  std::optional<double> gigabytes_per_second;  ///< one way, as hwloc has it
};

enum class BlockKind : std::uint8_t { kNvme, kSsd, kHdd, kVirtual, kUnknown };

struct BlockDevice {
  std::string name;
  std::string model;
  BlockKind kind = BlockKind::kUnknown;
  std::optional<Bytes> size;
  std::optional<int> sector_bytes{};           ///< smallest unit of direct I/O
  std::optional<int> physical_sector_bytes{};  ///< smallest unit that is not read first and written back
  std::optional<bool> rotational{};            ///< the kernel's word; absent for virtual drives
  Link link;
};

/// Why CUDA names no card of this machine.
struct NoCuda {
  std::string reason;       ///< "" where it names one, or was not asked
  bool has_driver = false;  ///< there is a driver, and it does not serve
};

struct Topology {
  std::string origin;            ///< "this machine", or the file it was read from
  bool is_this_machine = false;  ///< false: threads_allowed and the like are what the file says
  Cpu cpu;
  std::optional<Bytes> memory;
  std::vector<CacheLevel> caches;  ///< largest level first
  std::vector<NumaNode> numa;
  std::vector<PciDevice> pci{};  ///< each after the bridge above it
  std::vector<Gpu> gpus;         ///< by bus id
  NoCuda no_cuda{};
  std::vector<BlockDevice> block_devices;  ///< by name
  Limits limits;                           ///< nothing known unless this machine
};

/// This machine. hwloc's own variables (HWLOC_XMLFILE, HWLOC_FSROOT, HWLOC_SYNTHETIC) are honoured; the
/// result then says that it is another machine. Throws Error{kEnvironment} when hwloc finds nothing.
[[nodiscard]] Topology read_topology();

/// A machine described by an XML file of hwloc 2 (`lstopo --of xml`). Throws Error{kInput} naming the file
/// when it is missing, broken or of another kind. Not to be called while other threads change the
/// environment.
[[nodiscard]] Topology read_topology_xml(const std::string& path);

[[nodiscard]] const char* name_of(GpuSource source);
[[nodiscard]] const char* name_of(BlockKind kind);

}  // namespace cachebench::hardware
