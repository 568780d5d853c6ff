// SPDX-License-Identifier: Apache-2.0
#include "hardware/gpu_ids.h"

#include <algorithm>
#include <array>

namespace cachebench::hardware {
namespace {

struct ChipRow {
  std::string_view name;
  std::string_view compute_capability;
  int generation;
  int lanes;
};

// Compute capabilities: CUDA programming guide, appendix. Links: data sheets; x4 parts are laptop chips.
constexpr std::array<ChipRow, 44> kChips{{
    {"GK104", "3.0", 3, 16},  {"GK106", "3.0", 3, 16},  {"GK107", "3.0", 3, 16},  {"GK110", "3.5", 3, 16},
    {"GK180", "3.5", 3, 16},  {"GK208", "3.5", 3, 8},   {"GK210", "3.7", 3, 16},  {"GM107", "5.0", 3, 16},
    {"GM108", "5.0", 3, 4},   {"GM200", "5.2", 3, 16},  {"GM204", "5.2", 3, 16},  {"GM206", "5.2", 3, 16},
    {"GP100", "6.0", 3, 16},  {"GP102", "6.1", 3, 16},  {"GP104", "6.1", 3, 16},  {"GP106", "6.1", 3, 16},
    {"GP107", "6.1", 3, 16},  {"GP108", "6.1", 3, 4},   {"GV100", "7.0", 3, 16},  {"TU102", "7.5", 3, 16},
    {"TU104", "7.5", 3, 16},  {"TU106", "7.5", 3, 16},  {"TU116", "7.5", 3, 16},  {"TU117", "7.5", 3, 16},
    {"GA100", "8.0", 4, 16},  {"GA102", "8.6", 4, 16},  {"GA103", "8.6", 4, 16},  {"GA104", "8.6", 4, 16},
    {"GA106", "8.6", 4, 16},  {"GA107", "8.6", 4, 16},  {"AD102", "8.9", 4, 16},  {"AD103", "8.9", 4, 16},
    {"AD104", "8.9", 4, 16},  {"AD106", "8.9", 4, 16},  {"AD107", "8.9", 4, 16},  {"GH100", "9.0", 5, 16},
    {"GB100", "10.0", 6, 16}, {"GB102", "10.0", 6, 16}, {"GB202", "12.0", 5, 16}, {"GB203", "12.0", 5, 16},
    {"GB205", "12.0", 5, 16}, {"GB206", "12.0", 5, 16}, {"GB207", "12.0", 5, 16}, {"GB110", "10.3", 6, 16},
}};

struct IdRange {
  std::uint16_t first;
  std::uint16_t last;
  std::string_view chip;
};

// Sorted, disjoint. The gaps hold audio and USB functions and chips without CUDA.
constexpr std::array<IdRange, 45> kRanges{{
    {0x0fc0, 0x0fff, "GK107"}, {0x1001, 0x1023, "GK110"}, {0x1024, 0x1024, "GK180"},
    {0x1026, 0x102a, "GK110"}, {0x102d, 0x102d, "GK210"}, {0x102e, 0x103f, "GK110"},
    {0x1180, 0x11bf, "GK104"}, {0x11c0, 0x11fc, "GK106"}, {0x1280, 0x12ba, "GK208"},
    {0x1340, 0x137d, "GM108"}, {0x1380, 0x13bd, "GM107"}, {0x13c0, 0x13fb, "GM204"},
    {0x1401, 0x1436, "GM206"}, {0x15f0, 0x15f9, "GP100"}, {0x1617, 0x1667, "GM204"},
    {0x1725, 0x172f, "GP100"}, {0x174d, 0x174e, "GM108"}, {0x1789, 0x179c, "GM107"},
    {0x17c2, 0x17fd, "GM200"}, {0x1b00, 0x1b78, "GP102"}, {0x1b80, 0x1be1, "GP104"},
    {0x1c00, 0x1c70, "GP106"}, {0x1c80, 0x1cfb, "GP107"}, {0x1d01, 0x1d56, "GP108"},
    {0x1d81, 0x1df6, "GV100"}, {0x1e02, 0x1e78, "TU102"}, {0x1e81, 0x1ef5, "TU104"},
    {0x1f02, 0x1f76, "TU106"}, {0x1f81, 0x1ff9, "TU117"}, {0x2082, 0x20fd, "GA100"},
    {0x2182, 0x21d1, "TU116"}, {0x2200, 0x223f, "GA102"}, {0x228b, 0x228b, "GA104"},
    {0x228e, 0x228e, "GA106"}, {0x22ba, 0x22ba, "AD102"}, {0x2302, 0x2348, "GH100"},
    {0x2414, 0x2460, "GA103"}, {0x2482, 0x24fa, "GA104"}, {0x2501, 0x2571, "GA106"},
    {0x2582, 0x25fb, "GA107"}, {0x2681, 0x26f5, "AD102"}, {0x2704, 0x2730, "AD103"},
    {0x2782, 0x27e0, "AD104"}, {0x2803, 0x2860, "AD106"}, {0x28a0, 0x28e1, "AD107"},
}};

std::optional<Chip> chip_named(std::string_view name) {
  for (const ChipRow& row : kChips) {
    if (row.name != name) continue;
    return Chip{.name = std::string(row.name),
                .compute_capability = std::string(row.compute_capability),
                .link = {.generation = row.generation, .lanes = row.lanes}};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Chip> chip_of_id(std::uint16_t device) {
  const auto range = std::find_if(kRanges.begin(), kRanges.end(), [device](const IdRange& candidate) {
    return device >= candidate.first && device <= candidate.last;
  });
  return range == kRanges.end() ? std::nullopt : chip_named(range->chip);
}

std::optional<Chip> chip_of_name(std::string_view device_name) {
  constexpr std::size_t kCodeLength = 5;  // what follows is a variant: GP108M, GK110BGL
  return device_name.size() < kCodeLength ? std::nullopt : chip_named(device_name.substr(0, kCodeLength));
}

}  // namespace cachebench::hardware
