// SPDX-License-Identifier: Apache-2.0
#include "model/weights_identity.h"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>

#include "core/hash.h"

namespace cachebench::model {
namespace {

void add(Hasher128& hasher, std::uint64_t word) {
  hasher.update(std::as_bytes(std::span(&word, 1)));
}

void add(Hasher128& hasher, std::string_view text) {
  add(hasher, text.size());
  hasher.update(std::as_bytes(std::span(text.data(), text.size())));
}

void add_contents(Hasher128& hasher, std::span<const std::byte> data) {
  if (data.size() <= kSampledBlocks * kSampleBytes) {
    hasher.update(data);
    return;
  }
  const std::size_t room = data.size() - kSampleBytes;
  for (std::size_t i = 0; i < kSampledBlocks; ++i)
    hasher.update(data.subspan(room * i / (kSampledBlocks - 1), kSampleBytes));
}

void add_weight(Hasher128& hasher, std::string_view name, const TensorView& weight) {
  add(hasher, name);
  add(hasher, static_cast<std::uint64_t>(weight.meta.dtype));
  for (const std::int64_t side : weight.meta.shape.dims()) add(hasher, static_cast<std::uint64_t>(side));
  add_contents(hasher, weight.data);
}

std::uint64_t word_of(const Hasher128& hasher) {
  return hasher.key().lo;
}

}  // namespace

WeightsIdentity identity_of(const Checkpoint& checkpoint) {
  Hasher128 encoder;
  Hasher128 model;
  add(model, checkpoint.config_text());
  for (const auto& [name, weight] : checkpoint.weights()) {
    add_weight(model, name, *weight);
    if (name.starts_with("visual.")) add_weight(encoder, name, *weight);
  }
  return {.encoder = word_of(encoder), .model = word_of(model)};
}

WeightsIdentity identity_of(const std::string& runner, const RunnerOptions& options,
                            const Checkpoint* checkpoint, DType computes_in) {
  const WeightsIdentity weights = checkpoint != nullptr
                                      ? identity_of(*checkpoint)
                                      : WeightsIdentity{.encoder = options.seed, .model = options.seed};
  const auto digest = [&](std::uint64_t of) {
    Hasher128 hasher;
    add(hasher, runner);
    add(hasher, options.dtype);
    add(hasher, options.weights);
    add(hasher, static_cast<std::uint64_t>(computes_in));
    add(hasher, std::uint64_t{checkpoint != nullptr});
    add(hasher, of);
    return word_of(hasher);
  };
  return {.encoder = digest(weights.encoder), .model = digest(weights.model)};
}

}  // namespace cachebench::model
