// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <span>
#include <vector>

#include "core/rng.h"
#include "tier/plane.h"

/// Records whose bytes follow from their key, so that any process can tell whether one is whole. Stateless.
namespace cachebench::testing {

/// Every eighth byte is noise, so that codecs find something to do.
inline void fill(std::span<std::byte> target, std::uint64_t key) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    target[i] = i % 8 == 0 ? static_cast<std::byte>(splitmix64(key * 0x10001 + i) >> 56)
                           : static_cast<std::byte>(key);
  }
}

[[nodiscard]] inline bool holds(std::span<const std::byte> data, std::uint64_t key) {
  std::vector<std::byte> expected(data.size());
  fill(expected, key);
  return data.empty() || std::memcmp(data.data(), expected.data(), data.size()) == 0;
}

/// 0 to 200 kB.
[[nodiscard]] inline std::uint64_t size_of_record(std::uint64_t key) {
  return splitmix64(key) % 200'000;
}

[[nodiscard]] inline std::vector<std::byte> record_bytes(std::uint64_t key) {
  std::vector<std::byte> data(size_of_record(key));
  fill(data, key);
  return data;
}

[[nodiscard]] inline tier::RecordInfo info_of(std::uint64_t key) {
  const auto n = static_cast<std::int64_t>(size_of_record(key));
  return {.key = {0x5EED, key},
          .meta = {{n, 1}, DType::kU8},
          .kind = static_cast<ArtefactKind>(key % static_cast<std::uint64_t>(kArtefactKinds))};
}

/// Reads a recovered record: kCorrupt also when it says it is sound and its bytes are not those of its key.
[[nodiscard]] inline tier::TransferStatus verify(tier::Plane& plane, const tier::Recovered& recovered) {
  std::vector<std::byte> back(recovered.block.bytes.value);
  const tier::TransferStatus status = plane.read(recovered.block, back).wait().status;
  if (status != tier::TransferStatus::kDone) return status;
  return holds(back, recovered.info.key.lo) ? status : tier::TransferStatus::kCorrupt;
}

}  // namespace cachebench::testing
