// SPDX-License-Identifier: Apache-2.0
#include "result/cautions.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.h"

namespace cachebench::result {
namespace {

std::string bytes(std::uint64_t value) {
  return format_bytes(Bytes{value});
}

// Times of a real run are the clock's, but for costs of computing; those of a simulation are all the model's.
std::optional<std::string> basis_caution(const RunResult& result) {
  if (result.mode == "simulate") {
    return "Every time but that of the run itself is modelled: no byte was moved and no clock was read.";
  }
  std::string emulated;
  for (const TierResult& tier : result.tiers) {
    if (tier.device != "emulated") continue;
    emulated += emulated.empty() ? tier.name : ", " + tier.name;
  }
  if (emulated.empty()) return std::nullopt;
  return fmt::format("{} {} on an emulated device: times that involve it are emulated, not measured.",
                     emulated, emulated.find(',') == std::string::npos ? "is" : "are");
}

}  // namespace

std::optional<std::string> fits_caution(const std::string& tier, std::uint64_t capacity_bytes,
                                        std::uint64_t working_set_bytes) {
  if (working_set_bytes == 0 || capacity_bytes < working_set_bytes) return std::nullopt;
  return fmt::format(
      "The working set of {} fits into {} ({}, {:.2f} times as much): no eviction policy there can differ "
      "from "
      "another.",
      bytes(working_set_bytes), tier, bytes(capacity_bytes),
      static_cast<double>(capacity_bytes) / static_cast<double>(working_set_bytes));
}

std::vector<std::string> cautions(const RunResult& result) {
  std::vector<std::string> list;
  if (result.totals.accesses == 0) return list;
  for (const TierResult& tier : result.tiers) {
    const auto fits = fits_caution(tier.name, tier.capacity_bytes, result.trace.bytes_distinct.value_or(0));
    if (fits) list.push_back(*fits);
  }
  for (const TierResult& tier : result.tiers) {
    if (tier.bytes_read > 0 || tier.bytes_written > 0) continue;
    list.push_back(fmt::format(
        "{} carried no traffic (0 bytes read, 0 written, {} look-ups): this result says nothing of it.",
        tier.name, tier.accesses));
  }
  if (const auto basis = basis_caution(result)) list.push_back(*basis);
  return list;
}

}  // namespace cachebench::result
