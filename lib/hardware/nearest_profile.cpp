// SPDX-License-Identifier: Apache-2.0
#include "hardware/nearest_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "hardware/profile.h"
#include "hardware/target.h"

namespace cachebench::hardware {
namespace {

constexpr const char* kSmallCard = kDefaultProfile;
constexpr const char* kMiddleCard = "i7-8750h-gtx1050ti-maxq-nvme";
constexpr const char* kWorkstation = "workstation-2x-rtx4090";
constexpr const char* kServer = "h200-server";

}  // namespace

NearestProfile nearest_profile(const Topology& topology) {
  const Gpu* gpu = chosen_gpu(topology);
  if (gpu == nullptr) return {kSmallCard, "no NVIDIA card: the default, whose link the emulated device has"};
  const int capability = capability_of(*gpu).value_or(0);
  const std::string what = fmt::format(
      "{} ({})", gpu->name.empty() ? gpu->pci_id : gpu->name,
      capability == 0 ? "compute capability unknown" : "compute capability " + gpu->compute_capability);
  if (capability == 0) return {kSmallCard, what + ": the default"};
  if (capability < 70) {
    const bool small = gpu->chip.empty() || gpu->chip == "GP108" || gpu->chip.starts_with("GM");
    return {small ? kSmallCard : kMiddleCard,
            what + (small ? ": a laptop's card on four lanes"
                          : ": of the larger Pascal cards the one with a profile")};
  }
  // The data centre's generations: Volta, GA100, Hopper, Blackwell.
  constexpr std::array<int, 5> kServers{70, 80, 90, 100, 103};
  const bool is_server = std::find(kServers.begin(), kServers.end(), capability) != kServers.end();
  return {is_server ? kServer : kWorkstation, what + (is_server ? ": a server's card" : ": a desktop card")};
}

}  // namespace cachebench::hardware
