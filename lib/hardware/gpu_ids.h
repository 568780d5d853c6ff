// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hardware/pcie_link.h"

/// NVIDIA chips by PCI id or by name: what no portable interface tells on a machine without CUDA. Pure
/// look-ups in constant tables; an id or name that is not there gives nothing.
namespace cachebench::hardware {

struct Chip {
  std::string name;                ///< "GP108"
  std::string compute_capability;  ///< "6.1"
  LinkLimits link;
  bool operator==(const Chip& other) const { return name == other.name; }
};

inline constexpr std::uint16_t kNvidiaVendor = 0x10de;

/// By device id: those that the pci.ids database of August 2026 assigns to a chip with CUDA, and no others.
[[nodiscard]] std::optional<Chip> chip_of_id(std::uint16_t device);
/// By a device name that starts with the chip's code, such as "GP108M [GeForce MX250]".
[[nodiscard]] std::optional<Chip> chip_of_name(std::string_view device_name);

}  // namespace cachebench::hardware
