// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/units.h"

/// How short of memory the machine is: what the kernel says of waits for memory (PSI), how much is available,
/// and how much room the tightest control group of this process has left. Behind an interface, so that tests
/// and simulations say what it is. Reading never throws: what cannot be read is absent, and nothing readable
/// at all is no pressure. Thread-compatible.
namespace cachebench::cache {

struct MemoryPressure {
  std::optional<double>
      waiting;                 ///< share of the last ten seconds in which some task waited for memory, 0 to 1
  std::optional<Bytes> total;  ///< of the machine, or what the control group allows where that is less
  /// The least of the machine's and of every control group's room; pages of files that nobody has read lately
  /// are room in both.
  std::optional<Bytes> available;
  /// available / total; nothing where either is absent or there is no memory.
  [[nodiscard]] std::optional<double> available_share() const;
  bool operator==(const MemoryPressure&) const = default;
};

class MemoryProbe {
 public:
  virtual ~MemoryProbe() = default;
  [[nodiscard]] virtual MemoryPressure read() = 0;
};

/// This machine's: /proc/pressure/memory, /proc/meminfo, and the memory controllers of control groups,
/// version 2 and 1, from this process's group up to the root.
class SystemMemoryProbe final : public MemoryProbe {
 public:
  /// Other folders than these serve tests.
  struct Sources {
    std::string proc = "/proc";
    std::string sys = "/sys";
  };
  SystemMemoryProbe() = default;
  explicit SystemMemoryProbe(Sources sources) : sources_(std::move(sources)) {}
  [[nodiscard]] MemoryPressure read() override;

 private:
  Sources sources_;
};

}  // namespace cachebench::cache
