// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/decode_batch.h"

#include <fmt/format.h>

#include "core/check.h"
#include "core/error.h"
#include "torch_model/internal/prefill_batch.h"

namespace cachebench::torch_model {
namespace {

struct Step {
  std::size_t item = 0;
  TorchSequence* sequence = nullptr;
  std::int64_t position = 0;
};

Step start(const Workplace& at, const model::DecodeItem& item) {
  const std::uint32_t words = at.model.config().text.vocabulary;
  if (item.token < 0 || item.token >= std::int64_t{words}) {
    throw Error(ErrorKind::kInput, fmt::format("token {} is not in the vocabulary of {}", item.token, words));
  }
  auto* sequence = dynamic_cast<TorchSequence*>(item.sequence);
  CACHEBENCH_CHECK(sequence != nullptr, "a sequence of another runner");
  sequence->complete();
  const std::int64_t position = sequence->next_position();
  sequence->kv().extend(1);
  return {.item = 0, .sequence = sequence, .position = position};
}

void run(const Workplace& at, std::span<const model::DecodeItem> items, const std::vector<Step>& steps,
         std::vector<model::DecodeOutcome>& out) {
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> positions;
  std::vector<SequenceRows> rows;
  for (const Step& step : steps) {
    ids.push_back(items[step.item].token);
    positions.push_back(step.position);
    rows.push_back({.sequence = &step.sequence->kv(), .count = 1});
  }
  const TextDecoder& decoder = at.model.decoder();
  const DecoderInput input{
      .hidden = decoder.embed(at::tensor(ids, at::kLong)),
      .positions =
          at::tensor(positions, at::kLong).unsqueeze(0).expand({3, static_cast<std::int64_t>(ids.size())}),
      .image_rows = {},
      .deepstack = {}};
  const at::Tensor x = decoder.run(input, rows, {.first = 0, .end = decoder.layers()}, {});
  const at::Tensor logits = decoder.logits(decoder.final_norm(x)).to(at::kFloat).contiguous();
  const float* row = logits.data_ptr<float>();
  for (const Step& step : steps) {
    out[step.item].logits.assign(row, row + logits.size(1));
    row += logits.size(1);
  }
}

}  // namespace

std::vector<model::DecodeOutcome> decode_batch(const Workplace& at,
                                               std::span<const model::DecodeItem> items) {
  std::vector<model::DecodeOutcome> out(items.size());
  std::vector<Step> steps;
  for (std::size_t i = 0; i < items.size(); ++i) {
    try {
      steps.push_back(start(at, items[i]));
      steps.back().item = i;
    } catch (...) {
      out[i].error = current_error();
    }
  }
  if (steps.empty()) return out;
  try {
    run(at, items, steps, out);
  } catch (...) {
    const Error error = current_error();
    for (const Step& step : steps) {
      step.sequence->kv().shrink(1);
      out[step.item].error = error;
    }
    if (steps.size() == 1) return out;
    for (const Step& step : steps) {
      out[step.item] = std::move(decode_batch(at, items.subspan(step.item, 1)).front());
    }
  }
  return out;
}

}  // namespace cachebench::torch_model
