// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/units.h"
#include "model/geometry.h"
#include "pipeline/request.h"

/// How large a request is, as far as its parts tell before anything is loaded: what batches are formed by and
/// admission is decided on. Pure functions.
namespace cachebench::pipeline {

struct RequestSize {
  std::uint64_t text_tokens = 0;
  std::uint64_t visual_tokens = 0;
  std::uint32_t images = 0;
  std::uint64_t new_tokens = 0;  ///< at most
  /// Keys and values of prompt and answer, pixel values and outputs of the vision tower.
  Bytes memory;
  [[nodiscard]] std::uint64_t prompt_tokens() const { return text_tokens + visual_tokens; }
};

/// Throws Error{kInput} "request N: reason" for a prompt that is empty or beyond model::kMaxPromptTokens, for
/// an answer beyond that, for options of sampling out of range, and for an image that is none or that the
/// resize rule refuses.
[[nodiscard]] RequestSize measure(const AsyncMultimodalRequest& request, const model::Geometry& geometry);

}  // namespace cachebench::pipeline
