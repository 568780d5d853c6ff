// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/prefill_batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "core/check.h"
#include "core/error.h"
#include "model/prompt_layout.h"

namespace cachebench::torch_model {
namespace {

/// A prompt that is under way.
struct Started {
  std::size_t item = 0;
  std::unique_ptr<TorchSequence> sequence;
  std::int64_t from = 0;    ///< tokens before it came from K/V blocks
  PromptInputs inputs;      ///< `hidden` undefined when it goes on from `hidden` below
  at::Tensor hidden;        ///< after the DeepStack layers, [n, H]
  at::Tensor final_hidden;  ///< after the final norm; of a `language_encoder_output`
};

/// Whole tokens of the leading blocks, but never the last token of the prompt: its logits are what is asked.
std::int64_t load_blocks(const Workplace& at, const model::ReadyArtefacts& ready, std::int64_t tokens,
                         KvSequence& kv) {
  for (std::size_t i = 0; i < ready.kv_blocks.size(); ++i) {
    const SharedTensor& block = ready.kv_blocks[i];
    const auto dims = block.meta().shape.dims();
    const std::uint64_t held = dims.size() == 5 ? static_cast<std::uint64_t>(dims[3]) : 0;
    const at::Tensor values = tensor_over(block, at.geometry.kv(held), fmt::format("kv_block {}", i));
    const std::int64_t count = std::min(static_cast<std::int64_t>(held), tokens - 1 - kv.tokens());
    if (count > 0) kv.append_block(values, count);
  }
  return kv.tokens();
}

Started start(const Workplace& at, const model::PrefillItem& item) {
  CACHEBENCH_CHECK(item.prompt != nullptr, "a prefill without a prompt");
  const std::size_t asked = item.prompt->ids.size();
  const auto room = static_cast<std::uint64_t>(at.pool.capacity_tokens());
  if (asked > std::min(room, model::kMaxPromptTokens)) {
    throw Error(ErrorKind::kInput, fmt::format("a prompt of {} tokens; the model has room for {}", asked,
                                               std::min(room, model::kMaxPromptTokens)));
  }
  Started started;
  started.sequence = std::make_unique<TorchSequence>(
      at, place({.tokens = item.prompt->ids, .grids = item.prompt->grids}, at.model.config()));
  const PlacedPrompt& placed = started.sequence->placed();
  const TextDecoder& decoder = at.model.decoder();
  started.from = load_blocks(at, item.ready, placed.tokens(), started.sequence->kv());
  const std::int64_t rest = placed.tokens() - started.from;
  started.sequence->kv().extend(rest);
  const TensorMeta whole = at.geometry.hidden_states(static_cast<std::uint64_t>(placed.tokens()));
  if (item.ready.language) {
    if (placed.visual_tokens() > 0) {
      throw Error(ErrorKind::kUsage, "a language_encoder_output for a prompt with images");
    }
    started.final_hidden = tensor_over(item.ready.language, whole, "language_encoder_output");
    started.sequence->defer(started.from, decoder.layers(), item.ready);
  } else if (item.ready.fusion) {
    started.hidden = tensor_over(item.ready.fusion, whole, "fusion_output").narrow(0, started.from, rest);
    started.sequence->defer(started.from, decoder.taps(), item.ready);
  } else {
    started.inputs = inputs_of(at, placed, started.from, item.ready);
  }
  return started;
}

at::Tensor one_of(const std::vector<at::Tensor>& parts, std::int64_t axis) {
  return parts.size() == 1 ? parts.front() : at::cat(parts, axis);
}

/// A copy to keep: what the pass works with may be a view of many prompts' rows.
SharedTensor kept(const Workplace& at, const at::Tensor& value) {
  return shared_copy(value, at.memory);
}

class Pass {
 public:
  Pass(const Workplace& at, std::span<const model::PrefillItem> items, std::vector<Started>& started)
      : at_(at), items_(items), started_(started) {}

  void run(std::vector<model::PrefillOutcome>& out) {
    through_deepstack_layers(out);
    through_remaining_layers(out);
    finish(out);
  }

 private:
  /// Rows of `x`, prompt by prompt.
  template <typename Use>
  static void split(const at::Tensor& x, const std::vector<Started*>& prompts, const Use& use) {
    std::int64_t begin = 0;
    for (Started* one : prompts) {
      const std::int64_t count = one->sequence->placed().tokens() - one->from;
      use(*one, x.narrow(0, begin, count));
      begin += count;
    }
  }

  [[nodiscard]] std::vector<SequenceRows> rows_of(const std::vector<Started*>& prompts) const {
    std::vector<SequenceRows> rows;
    for (Started* one : prompts) {
      rows.push_back(
          {.sequence = &one->sequence->kv(), .count = one->sequence->placed().tokens() - one->from});
    }
    return rows;
  }

  void through_deepstack_layers(std::vector<model::PrefillOutcome>& out) {
    std::vector<Started*> prompts;
    std::vector<PromptInputs> inputs;
    for (Started& one : started_) {
      if (!one.inputs.hidden.defined()) continue;
      prompts.push_back(&one);
      inputs.push_back(one.inputs);
      const bool whole = one.from == 0;
      if (whole && items_[one.item].wanted.pair) out[one.item].pair = kept(at_, to_pair(one.inputs));
    }
    if (prompts.empty()) return;
    const TextDecoder& decoder = at_.model.decoder();
    const JoinedInputs joined = join(inputs);
    const at::Tensor x = decoder.run(joined.input, rows_of(prompts), {.first = 0, .end = decoder.taps()}, {});
    split(x, prompts, [&](Started& one, const at::Tensor& own) {
      one.hidden = own;
      if (one.from == 0 && items_[one.item].wanted.fusion) out[one.item].fusion = kept(at_, own);
    });
  }

  void through_remaining_layers(std::vector<model::PrefillOutcome>& out) {
    std::vector<Started*> prompts;
    std::vector<at::Tensor> hidden;
    std::vector<at::Tensor> positions;
    for (Started& one : started_) {
      if (!one.hidden.defined()) continue;
      const PlacedPrompt& placed = one.sequence->placed();
      prompts.push_back(&one);
      hidden.push_back(one.hidden);
      positions.push_back(placed.positions.narrow(1, one.from, placed.tokens() - one.from));
    }
    if (prompts.empty()) return;
    const TextDecoder& decoder = at_.model.decoder();
    const DecoderInput input{
        .hidden = one_of(hidden, 0), .positions = one_of(positions, 1), .image_rows = {}, .deepstack = {}};
    const at::Tensor x =
        decoder.run(input, rows_of(prompts), {.first = decoder.taps(), .end = decoder.layers()}, {});
    split(x, prompts, [&](Started& one, const at::Tensor& own) {
      const bool language =
          items_[one.item].wanted.language && one.from == 0 && one.sequence->placed().visual_tokens() == 0;
      one.final_hidden = decoder.final_norm(language ? own : own.narrow(0, own.size(0) - 1, 1));
      if (language) out[one.item].language = kept(at_, one.final_hidden);
    });
  }

  void finish(std::vector<model::PrefillOutcome>& out) {
    std::vector<at::Tensor> last;
    for (const Started& one : started_) {
      last.push_back(one.final_hidden.narrow(0, one.final_hidden.size(0) - 1, 1));
    }
    const at::Tensor logits = at_.model.logits(one_of(last, 0)).to(at::kFloat).contiguous();
    const std::int64_t words = logits.size(1);
    const float* row = logits.data_ptr<float>();
    for (Started& one : started_) {
      out[one.item].logits.assign(row, row + words);
      out[one.item].sequence = std::move(one.sequence);
      row += words;
    }
  }

  const Workplace& at_;
  std::span<const model::PrefillItem> items_;
  std::vector<Started>& started_;
};

}  // namespace

Error current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const c10::Error& error) {
    return {ErrorKind::kInternal, fmt::format("the tensor library: {}", error.what_without_backtrace())};
  } catch (const std::bad_alloc&) {
    return {ErrorKind::kEnvironment, "memory is out"};
  } catch (const std::exception& error) {
    return {ErrorKind::kInternal, error.what()};
  }
}

std::vector<model::PrefillOutcome> prefill_batch(const Workplace& at,
                                                 std::span<const model::PrefillItem> items) {
  std::vector<model::PrefillOutcome> out(items.size());
  std::vector<Started> started;
  for (std::size_t i = 0; i < items.size(); ++i) {
    try {
      started.push_back(start(at, items[i]));
      started.back().item = i;
    } catch (...) {
      out[i].error = current_error();
    }
  }
  if (started.empty()) return out;
  try {
    Pass(at, items, started).run(out);
  } catch (...) {
    const Error error = current_error();
    for (const Started& one : started) {
      out[one.item] = {};
      out[one.item].error = error;
    }
    if (started.size() == 1) return out;
    std::vector<std::size_t> again;
    for (const Started& one : started) again.push_back(one.item);
    started.clear();  // their pages serve the next attempts
    for (const std::size_t i : again) out[i] = std::move(prefill_batch(at, items.subspan(i, 1)).front());
  }
  return out;
}

}  // namespace cachebench::torch_model
