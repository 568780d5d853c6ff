// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/tensor_bytes.h"

#include <cstring>

#include "core/check.h"
#include "core/rng.h"

namespace cachebench::bench {

std::vector<std::byte> hidden_states(const TensorMeta& meta) {
  CACHEBENCH_CHECK(meta.dtype == DType::kF32, "hidden states of {}", name_of(meta.dtype));
  std::vector<std::byte> bytes(meta.bytes().value);
  Rng rng(3);
  float drift = 0;
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    // A sum of four is bell-shaped enough.
    double sum = -2;
    for (int draw = 0; draw < 4; ++draw) sum += rng.uniform();
    drift = 0.9F * drift + 0.1F * static_cast<float>(sum);
    const float value = static_cast<float>(sum) + drift;
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    bits &= 0xFFFF0000U;
    std::memcpy(bytes.data() + i, &bits, sizeof bits);
  }
  return bytes;
}

}  // namespace cachebench::bench
