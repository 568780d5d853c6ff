// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/torch_sequence.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "core/check.h"

namespace cachebench::torch_model {

PromptInputs inputs_of(const Workplace& at, const PlacedPrompt& placed, std::int64_t from,
                       const model::ReadyArtefacts& ready) {
  const TextDecoder& decoder = at.model.decoder();
  if (ready.pair) {
    const TensorMeta expected = at.geometry.pair(static_cast<std::uint64_t>(placed.tokens()),
                                                 static_cast<std::uint64_t>(placed.visual_tokens()));
    return from_pair(placed, from, tensor_over(ready.pair, expected, "text_image_pair"), decoder.taps());
  }
  std::vector<at::Tensor> vision(placed.prompt.grids.size());
  for (std::size_t i = 0; i < vision.size() && i < ready.vision.size(); ++i) {
    if (!ready.vision[i]) continue;  // assemble says when it is needed
    const auto rows = static_cast<std::uint64_t>(placed.first_row[i + 1] - placed.first_row[i]);
    vision[i] = tensor_over(ready.vision[i], at.geometry.vision_output(rows),
                            fmt::format("vision_encoder_output of image {}", i));
  }
  return assemble(placed, from, decoder, vision);
}

void TorchSequence::defer(std::int64_t from, std::size_t end, model::ReadyArtefacts ready) {
  ready.kv_blocks.clear();
  ready.language = {};
  ready.fusion = {};
  deferred_ = Deferred{.from = from, .end = end, .ready = std::move(ready)};
}

void TorchSequence::complete() const {
  if (!deferred_) return;
  const PromptInputs inputs = inputs_of(at_, placed_, deferred_->from, deferred_->ready);
  const JoinedInputs joined = join({&inputs, 1});
  const SequenceRows rows{.sequence = &kv_, .count = placed_.tokens() - deferred_->from};
  static_cast<void>(
      at_.model.decoder().run(joined.input, {&rows, 1}, {.first = 0, .end = deferred_->end}, {}));
  deferred_.reset();
}

SharedTensor TorchSequence::kv_block(const model::TokenSpan& span) const {
  CACHEBENCH_CHECK(span.begin <= span.end && span.end <= tokens(), "tokens {} to {} of {}", span.begin,
                   span.end, tokens());
  const c10::InferenceMode no_gradients;
  if (deferred_ && static_cast<std::int64_t>(span.end) > deferred_->from) complete();
  const at::Tensor block =
      kv_.block(static_cast<std::int64_t>(span.begin), static_cast<std::int64_t>(span.end));
  return at_.memory ? shared_copy(block, at_.memory) : shared_over(block);
}

}  // namespace cachebench::torch_model
