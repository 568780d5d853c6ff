// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

/// What NVIDIA's cards are called, for machines whose own database of PCI names is missing: a look-up in a
/// constant table of the cards that people are likely to have. Pure; an id that is not there gives "".
namespace cachebench::hardware {

/// "GeForce MX250" for 0x1d13. One name may have several ids; names follow pci.ids of August 2026.
[[nodiscard]] std::string card_name_of_id(std::uint16_t device);

}  // namespace cachebench::hardware
