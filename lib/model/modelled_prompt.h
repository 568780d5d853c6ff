// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/shared_tensor.h"
#include "model/geometry.h"
#include "model/model_runner.h"

/// What a prompt is to a runner that computes nothing. A token's state is the hash of everything before it
/// and of its own input; inputs, states and keys and values are rows made from words
/// (model/modelled_contents.h), so each can be read back from an artefact that holds it. Thread-compatible;
/// Error{kInput} for artefacts and prompts that do not fit together.
namespace cachebench::model {

/// The word of a text token's embedding row.
[[nodiscard]] std::uint64_t embedding_word(std::int64_t token);

/// What a prompt has become so far: a state for every token, and all of them as one.
class ModelledMemory {
 public:
  explicit ModelledMemory(std::uint64_t salt) : all_(salt) {}
  void reserve(std::uint64_t tokens) { states_.reserve(tokens); }
  void add_token(std::uint64_t input);
  void add_state(std::uint64_t state);
  [[nodiscard]] std::uint64_t size() const { return states_.size(); }
  [[nodiscard]] std::uint64_t state(std::uint64_t token) const { return states_[token]; }
  [[nodiscard]] std::uint64_t all() const { return all_; }

 private:
  std::uint64_t all_;
  std::vector<std::uint64_t> states_;
};

/// The rows of a K/V tensor: one for each of two, layer, head and token; the first of a token is its state.
class ModelledKvRows {
 public:
  ModelledKvRows(const Geometry& geometry, std::uint64_t tokens);
  /// Tokens of `memory` from `begin` on.
  [[nodiscard]] SharedTensor make(const ModelledMemory& memory, std::uint64_t begin) const;
  /// The state of a token; another one when its rows do not belong together.
  [[nodiscard]] std::uint64_t state(std::span<const std::byte> bytes, std::uint64_t token) const;

 private:
  TensorMeta meta_;
  std::uint64_t planes_;
  std::uint64_t tokens_;
  std::uint64_t row_;  // bytes
};

/// The inputs of a prompt's tokens, from whichever of pair and vision outputs is there. Checks the prompt and
/// the ready artefacts when made; both outlive it.
class ModelledInputs {
 public:
  ModelledInputs(const Geometry& geometry, std::int64_t image_token, const PrefillItem& item);

  [[nodiscard]] std::uint64_t visual_tokens() const { return visual_; }
  [[nodiscard]] std::uint64_t visual_before(std::uint64_t token) const;
  [[nodiscard]] bool is_image(std::uint64_t token) const;
  /// Is there what the image tokens from `token` on are made of?
  [[nodiscard]] bool complete_from(std::uint64_t token) const;
  /// `visual`: image tokens before it. REQUIRES: complete_from(token).
  [[nodiscard]] std::uint64_t input(std::uint64_t token, std::uint64_t visual);
  /// REQUIRES: complete_from(0).
  [[nodiscard]] SharedTensor make_pair();

 private:
  void check_ids() const;
  void check_ready() const;
  [[nodiscard]] std::span<const std::byte> row_of(const SharedTensor& tensor, std::uint64_t row) const;
  [[nodiscard]] std::span<const std::byte> vision_row(std::uint64_t tap, std::uint64_t visual) const;
  [[nodiscard]] std::span<const std::byte> tap_row(std::uint64_t tap, std::uint64_t visual) const;
  [[nodiscard]] std::span<const std::byte> embedding(std::uint64_t token, std::uint64_t visual);

  const Geometry& geometry_;
  const std::int64_t image_token_;
  const PromptTokens& prompt_;
  const ReadyArtefacts& ready_;
  std::uint64_t row_ = 0;
  std::uint64_t pieces_ = 0;
  std::uint64_t visual_ = 0;
  std::vector<std::uint64_t> ends_;  // by image: visual tokens up to its end
  std::vector<std::byte> scratch_;
};

}  // namespace cachebench::model
