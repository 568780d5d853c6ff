// SPDX-License-Identifier: Apache-2.0
#include "hardware/pci_tree.h"

#include <fmt/format.h>
#include <hwloc.h>

#include <cmath>

#include "hardware/gpu_ids.h"
#include "hardware/gpu_names.h"
#include "hardware/small_files.h"

namespace cachebench::hardware {
namespace {

using PciAttributes = hwloc_obj_attr_u::hwloc_pcidev_attr_s;

constexpr unsigned kNvme = 0x0108;
constexpr unsigned kDisplayClass = 0x03;

std::string bus_id_of(const PciAttributes& pci) {
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", pci.domain, pci.bus, pci.dev, pci.func);
}

// A bridge from one PCI bus to another one; those that join the host's bus to PCI have no identity.
bool is_pci_bridge(hwloc_obj_t object) {
  return object->type == HWLOC_OBJ_BRIDGE && object->attr->bridge.upstream_type == HWLOC_OBJ_BRIDGE_PCI;
}

std::string name_of_device(hwloc_obj_t object, const PciAttributes& pci) {
  const char* name = hwloc_obj_get_info_by_name(object, "PCIDevice");
  if (name != nullptr) return printable(name);
  return pci.vendor_id == kNvidiaVendor ? card_name_of_id(pci.device_id) : std::string();
}

// Only what ends in a card or a drive has widths that tell one link from another.
Link link_of(const PciAttributes& pci) {
  const auto rate = static_cast<double>(pci.linkspeed);
  if (pci.class_id == kNvme) return decode_link(rate, LinkUse::kDrive, {});
  if (pci.class_id >> 8 != kDisplayClass) return {};
  LinkLimits limits;
  if (pci.vendor_id == kNvidiaVendor) {
    if (const auto chip = chip_of_id(pci.device_id)) limits = chip->link;
  }
  return decode_link(rate, LinkUse::kGpu, limits);
}

PciDevice device_of(hwloc_obj_t object, const PciAttributes& pci, const std::string& parent) {
  PciDevice device{.bus_id = bus_id_of(pci),
                   .parent = parent,
                   .pci_id = fmt::format("{:04x}:{:04x}", pci.vendor_id, pci.device_id),
                   .kind = pci_kind(pci.class_id),
                   .name = name_of_device(object, pci),
                   .link = link_of(pci),
                   .current = {},
                   .gigabytes_per_second = {}};
  const auto rate = static_cast<double>(pci.linkspeed);
  if (std::isfinite(rate) && rate > 0) device.gigabytes_per_second = std::round(rate * 1000) / 1000;
  return device;
}

void add_below(hwloc_obj_t parent, const std::string& bridge, std::vector<PciDevice>& devices) {
  for (hwloc_obj_t child = parent->io_first_child; child != nullptr; child = child->next_sibling) {
    std::string here = bridge;
    if (child->type == HWLOC_OBJ_PCI_DEVICE) {
      devices.push_back(device_of(child, child->attr->pcidev, bridge));
      here = devices.back().bus_id;
    } else if (is_pci_bridge(child)) {
      devices.push_back(device_of(child, child->attr->bridge.upstream.pci, bridge));
      here = devices.back().bus_id;
    }
    add_below(child, here, devices);
  }
}

// I/O hangs below any object of the machine, most often below the machine itself or a package.
void add_all(hwloc_obj_t object, std::vector<PciDevice>& devices) {
  add_below(object, "", devices);
  for (hwloc_obj_t child = object->first_child; child != nullptr; child = child->next_sibling) {
    add_all(child, devices);
  }
}

}  // namespace

std::vector<PciDevice> pci_tree(hwloc_topology* topology) {
  std::vector<PciDevice> devices;
  add_all(hwloc_get_root_obj(topology), devices);
  return devices;
}

std::string pci_kind(unsigned class_id) {
  switch (class_id) {
    case 0x0106:
      return "sata";
    case kNvme:
      return "nvme";
    case 0x0200:
      return "ethernet";
    case 0x0280:
      return "network";
    case 0x0604:
      return "bridge";
    case 0x0c03:
      return "usb";
    default:
      break;
  }
  switch (class_id >> 8) {
    case 0x01:
      return "storage";
    case 0x02:
      return "network";
    case kDisplayClass:
      return "display";
    case 0x06:
      return "bridge";
    case 0x12:
      return "accelerator";
    default:
      return fmt::format("{:04x}", class_id);
  }
}

}  // namespace cachebench::hardware
