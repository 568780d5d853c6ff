// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/checkpoint.h"
#include "model/geometry.h"
#include "model/model_runner.h"

/// Whose weights a runner computes with, as digests for the keys of what it makes. Two digests differ where
/// anything that changes an artefact does: the runner, the element types, the seed of random weights, or of a
/// checkpoint its config.json, the names, shapes and types of its weights and their contents, of which large
/// ones are sampled (kSampledBlocks blocks of kSampleBytes each, spread from end to end). The encoder's
/// digest leaves out whatever the vision tower has no part in. Pure functions of what is on the disk.
namespace cachebench::model {

inline constexpr std::size_t kSampleBytes = 4096;
inline constexpr std::size_t kSampledBlocks = 16;

/// Reads the samples of every weight.
[[nodiscard]] WeightsIdentity identity_of(const Checkpoint& checkpoint);

/// Of a runner of that name made with these options; `checkpoint` is the one they name, or null.
/// `computes_in` says what the options leave open.
[[nodiscard]] WeightsIdentity identity_of(const std::string& runner, const RunnerOptions& options,
                                          const Checkpoint* checkpoint, DType computes_in);

}  // namespace cachebench::model
