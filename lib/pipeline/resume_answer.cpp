// SPDX-License-Identifier: Apache-2.0
#include "pipeline/resume_answer.h"

#include <algorithm>
#include <utility>

#include "pipeline/isolate.h"

namespace cachebench::pipeline {

std::vector<std::int64_t> append_answer(std::vector<std::int64_t>& ids, std::uint64_t prompt,
                                        std::span<const std::int64_t> answer, std::int64_t image_token) {
  const auto image = std::find(answer.begin(), answer.end(), image_token);
  ids.resize(prompt);
  ids.insert(ids.end(), answer.begin(), image);
  return {image, answer.end()};
}

void trim_blocks(std::vector<SharedTensor>& blocks, std::uint64_t tokens) {
  std::uint64_t held = 0;
  const auto beyond = std::find_if(blocks.begin(), blocks.end(), [&](const SharedTensor& block) {
    held += static_cast<std::uint64_t>(block.meta().shape.dims()[3]);
    return held > tokens;
  });
  blocks.erase(beyond, blocks.end());
}

void decode_again(model::ModelRunner& runner, std::span<const std::int64_t> tokens,
                  model::PrefillOutcome& outcome) {
  for (const std::int64_t token : tokens) {
    if (outcome.error) return;
    const model::DecodeItem item{.sequence = outcome.sequence.get(), .token = token};
    try {
      model::DecodeOutcome next = std::move(runner.decode({&item, 1}).at(0));
      outcome.error = std::move(next.error);
      outcome.logits = std::move(next.logits);
    } catch (...) {
      outcome.error = error_in_flight();
    }
    if (outcome.error) outcome.sequence.reset();
  }
}

}  // namespace cachebench::pipeline
