// SPDX-License-Identifier: Apache-2.0
#include "model/modelled_prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "model/modelled_contents.h"

namespace cachebench::model {
namespace {

constexpr std::uint64_t kEmbedding = 0x656D62;  // mixed into the word of an embedding

Error refuse(const std::string& reason) {
  return {ErrorKind::kInput, reason};
}

void check_meta(const SharedTensor& tensor, const TensorMeta& expected, const char* what) {
  if (tensor && tensor.meta() != expected)
    throw refuse(fmt::format("the ready {} has another shape than the prompt's", what));
}

// Plane 0 of a token's K/V begins with its state itself.
std::uint64_t kv_word(std::uint64_t state, std::uint64_t plane) {
  return plane == 0 ? state : content_word(state, plane);
}

}  // namespace

std::uint64_t embedding_word(std::int64_t token) {
  return content_word(static_cast<std::uint64_t>(token), kEmbedding);
}

void ModelledMemory::add_token(std::uint64_t input) {
  add_state(content_word(all_, input));
}

void ModelledMemory::add_state(std::uint64_t state) {
  states_.push_back(state);
  all_ = splitmix64(all_ + splitmix64(state));
}

ModelledKvRows::ModelledKvRows(const Geometry& geometry, std::uint64_t tokens)
    : meta_(geometry.kv(tokens)),
      planes_(2ULL * geometry.text().layers * geometry.text().kv_heads),
      tokens_(tokens),
      row_(geometry.text().head_dim * size_of(geometry.dtype())) {}

SharedTensor ModelledKvRows::make(const ModelledMemory& memory, std::uint64_t begin) const {
  std::vector<std::byte> bytes(meta_.bytes().value);
  for (std::uint64_t plane = 0; plane < planes_; ++plane) {
    for (std::uint64_t token = 0; token < tokens_; ++token) {
      const std::uint64_t word = kv_word(memory.state(begin + token), plane);
      fill_row(word, std::span(bytes).subspan((plane * tokens_ + token) * row_, row_));
    }
  }
  return {meta_, std::move(bytes)};
}

std::uint64_t ModelledKvRows::state(std::span<const std::byte> bytes, std::uint64_t token) const {
  const std::uint64_t state = word_of_row(bytes.subspan(token * row_, row_));
  std::uint64_t wrong = 0;
  for (std::uint64_t plane = 1; plane < planes_; ++plane) {
    const auto row = bytes.subspan((plane * tokens_ + token) * row_, row_);
    wrong |= first_word(row) ^ kv_word(state, plane);
  }
  return wrong == 0 ? state : content_word(state, wrong);
}

ModelledInputs::ModelledInputs(const Geometry& geometry, std::int64_t image_token, const PrefillItem& item)
    : geometry_(geometry), image_token_(image_token), prompt_(*item.prompt), ready_(item.ready) {
  row_ = geometry.text().hidden * size_of(geometry.dtype());
  pieces_ = 1 + geometry.vision().taps.size();
  const std::uint64_t area = std::uint64_t{geometry.vision().merge} * geometry.vision().merge;
  for (const PatchGrid& grid : prompt_.grids) {
    if (grid.frames <= 0 || grid.rows <= 0 || grid.columns <= 0) throw refuse("an image with an empty grid");
    visual_ += static_cast<std::uint64_t>(grid.patches()) / area;
    ends_.push_back(visual_);
  }
  check_ids();
  check_ready();
  scratch_.resize(row_);
}

bool ModelledInputs::is_image(std::uint64_t token) const {
  return prompt_.ids[token] == image_token_;
}

bool ModelledInputs::complete_from(std::uint64_t token) const {
  if (ready_.pair) return true;
  const std::uint64_t visual = visual_before(token);
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    if (ends_[i] > visual && (i >= ready_.vision.size() || !ready_.vision[i])) return false;
  }
  return true;
}

std::uint64_t ModelledInputs::visual_before(std::uint64_t token) const {
  const auto end = prompt_.ids.begin() + static_cast<std::ptrdiff_t>(token);
  return static_cast<std::uint64_t>(std::count(prompt_.ids.begin(), end, image_token_));
}

std::uint64_t ModelledInputs::input(std::uint64_t token, std::uint64_t visual) {
  if (!is_image(token) && !ready_.pair) return embedding_word(prompt_.ids[token]);
  std::uint64_t word = word_of_row(embedding(token, visual));
  if (!is_image(token)) return word;
  for (std::uint64_t tap = 1; tap < pieces_; ++tap)
    word = content_word(word, word_of_row(tap_row(tap, visual)));
  return word;
}

SharedTensor ModelledInputs::make_pair() {
  const TensorMeta meta = geometry_.pair(prompt_.ids.size(), visual_);
  std::vector<std::byte> bytes;
  bytes.reserve(meta.bytes().value);
  const auto add = [&](std::span<const std::byte> row) { bytes.insert(bytes.end(), row.begin(), row.end()); };
  std::uint64_t visual = 0;
  for (std::uint64_t token = 0; token < prompt_.ids.size(); ++token) {
    add(embedding(token, visual));
    if (is_image(token)) ++visual;
  }
  for (std::uint64_t tap = 1; tap < pieces_; ++tap) {
    for (std::uint64_t i = 0; i < visual_; ++i) add(tap_row(tap, i));
  }
  return {meta, std::move(bytes)};
}

void ModelledInputs::check_ids() const {
  const std::int64_t vocabulary = geometry_.text().vocabulary;
  std::uint64_t found = 0;
  for (const std::int64_t id : prompt_.ids) {
    if (id < 0 || id >= vocabulary)
      throw refuse(fmt::format("token id {} is outside the vocabulary of {}", id, vocabulary));
    if (id == image_token_) ++found;
  }
  if (found != visual_) {
    throw refuse(fmt::format("{} image tokens in the prompt, {} in its {} images", found, visual_,
                             prompt_.grids.size()));
  }
}

void ModelledInputs::check_ready() const {
  const std::uint64_t tokens = prompt_.ids.size();
  check_meta(ready_.pair, geometry_.pair(tokens, visual_), "pair");
  check_meta(ready_.fusion, geometry_.hidden_states(tokens), "fusion");
  check_meta(ready_.language, geometry_.hidden_states(tokens), "language states");
  if (ready_.language && visual_ > 0) throw refuse("ready language states of a prompt with images");
  if (ready_.vision.size() > ends_.size()) throw refuse("more ready vision outputs than images");
  for (std::size_t i = 0; i < ready_.vision.size(); ++i) {
    const std::uint64_t begin = i == 0 ? 0 : ends_[i - 1];
    check_meta(ready_.vision[i], geometry_.vision_output(ends_[i] - begin), "vision output");
  }
}

std::span<const std::byte> ModelledInputs::row_of(const SharedTensor& tensor, std::uint64_t row) const {
  return tensor.view().data.subspan(row * row_, row_);
}

// Row `visual` of all images, its piece `tap`: 0 is the embedding.
std::span<const std::byte> ModelledInputs::vision_row(std::uint64_t tap, std::uint64_t visual) const {
  const auto end = std::upper_bound(ends_.begin(), ends_.end(), visual);
  const auto image = static_cast<std::size_t>(end - ends_.begin());
  const std::uint64_t begin = image == 0 ? 0 : ends_[image - 1];
  return row_of(ready_.vision[image], (visual - begin) * pieces_ + tap);
}

std::span<const std::byte> ModelledInputs::tap_row(std::uint64_t tap, std::uint64_t visual) const {
  if (!ready_.pair) return vision_row(tap, visual);
  return row_of(ready_.pair, prompt_.ids.size() + (tap - 1) * visual_ + visual);
}

std::span<const std::byte> ModelledInputs::embedding(std::uint64_t token, std::uint64_t visual) {
  if (ready_.pair) return row_of(ready_.pair, token);
  if (is_image(token)) return vision_row(0, visual);
  fill_row(embedding_word(prompt_.ids[token]), scratch_);
  return scratch_;
}

}  // namespace cachebench::model
