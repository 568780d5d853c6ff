// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <optional>

#include "model/model_runner.h"
#include "torch_model/internal/prompt_inputs.h"
#include "torch_model/internal/qwen3_vl.h"
#include "torch_model/internal/tensor_exchange.h"

/// What all stages of one runner work with. Immutable but for the pool, which is thread-safe.
namespace cachebench::torch_model {

struct Workplace {
  const Qwen3VL& model;
  const model::Geometry& geometry;
  KvPool& pool;
  const HostMemory& memory;
};

/// A prompt in the pool. Where the prefill began from hidden states, keys and values of the layers before
/// them are made when first needed. Thread-compatible.
class TorchSequence final : public model::Sequence {
 public:
  TorchSequence(const Workplace& at, PlacedPrompt placed)
      : at_(at), placed_(std::move(placed)), kv_(at.pool) {}

  [[nodiscard]] std::uint64_t tokens() const override { return static_cast<std::uint64_t>(kv_.tokens()); }
  [[nodiscard]] SharedTensor kv_block(const model::TokenSpan& span) const override;

  [[nodiscard]] const PlacedPrompt& placed() const { return placed_; }
  [[nodiscard]] KvSequence& kv() { return kv_; }
  /// Keys and values of the prompt's tokens from `from` on are to be made later by layers [0, end), out of
  /// what `ready` holds.
  void defer(std::int64_t from, std::size_t end, model::ReadyArtefacts ready);
  /// Makes what was put off. Throws Error{kUsage} when its inputs are not there.
  void complete() const;
  /// The next token's, on all three axes.
  [[nodiscard]] std::int64_t next_position() const { return kv_.tokens() + placed_.delta; }

 private:
  struct Deferred {
    std::int64_t from = 0;
    std::size_t end = 0;
    model::ReadyArtefacts ready;
  };

  Workplace at_;
  PlacedPrompt placed_;
  mutable KvSequence kv_;  // completed on demand by what only reads it
  mutable std::optional<Deferred> deferred_;
};

/// Of tokens [from, S), made of the pair where there is one, else of the vision outputs.
[[nodiscard]] PromptInputs inputs_of(const Workplace& at, const PlacedPrompt& placed, std::int64_t from,
                                     const model::ReadyArtefacts& ready);

}  // namespace cachebench::torch_model
