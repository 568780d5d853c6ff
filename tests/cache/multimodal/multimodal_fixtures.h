// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "cache/cache_fixtures.h"
#include "cache/multimodal/make_multimodal_cache.h"

/// Multimodal caches of a few bytes with real planes, and tensors that can be told apart. Test-only; one
/// thread unless said.
namespace cachebench::testing {

inline cache::CacheSite round_site() {
  cache::CacheSite site;
  site.profile = round_costs().profile();
  site.throttle = tier::Throttle::kOff;
  return site;
}

/// One tier of host memory, or device, host and SSD.
inline cache::MultimodalSetup setup_with(const std::vector<TierSpec>& tiers, const std::string& migration) {
  cache::MultimodalSetup setup;
  setup.engine = engine_options_of(tiers, migration);
  if (tiers.size() == 1) setup.engine.tiers[0].medium = hardware::Medium::kHost;
  setup.engine.priorities = cache::Priorities::kOn;
  return setup;
}

/// A tensor of float32 whose elements follow from a number, finite and not all the same.
struct NumberedTensor {
  std::vector<float> values;
  TensorMeta meta;
  NumberedTensor(std::uint64_t number, std::size_t elements) : values(elements) {
    Rng rng(number + 17);
    for (float& value : values) value = static_cast<float>(rng.uniform() * 4 - 2);
    meta = {.shape = {static_cast<std::int64_t>(elements)}, .dtype = DType::kF32};
  }
  [[nodiscard]] TensorView view() const { return {.meta = meta, .data = std::as_bytes(std::span(values))}; }
};

/// Whether what a handle reads is the numbered tensor.
inline bool holds_tensor(const cache::TensorHandle& handle, std::uint64_t number, std::size_t elements) {
  const NumberedTensor expected(number, elements);
  const std::vector<std::byte> bytes = RealCache::bytes_of(handle);
  return handle.meta() == expected.meta && bytes.size() == expected.view().data.size() &&
         std::memcmp(bytes.data(), expected.view().data.data(), bytes.size()) == 0;
}

}  // namespace cachebench::testing
