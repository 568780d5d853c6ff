// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/hash.h"
#include "model/model_runner.h"
#include "pipeline/request.h"

/// A model for tests: the next token follows from all before it, and every pass can be made to fail.
namespace cachebench::pipeline {

/// A token that makes a pass over it throw, or its own item fail.
struct FakeFaults {
  std::int64_t throw_in_prefill = -1;         ///< the whole pass throws while such a token is in it
  std::int64_t fail_prefill = -1;             ///< its item alone
  std::int64_t throw_in_decode = -1;          ///< when it is the token to decode
  bool advance_before_throw = false;          ///< decode moves its sequences on, then throws
  std::uint32_t throw_in_encode_of_rows = 0;  ///< images of so many rows of patches
};

class FakeSequence final : public model::Sequence {
 public:
  explicit FakeSequence(std::vector<std::int64_t> tokens, std::atomic<int>& alive)
      : tokens_(std::move(tokens)), alive_(alive) {
    ++alive_;
  }
  ~FakeSequence() override { --alive_; }
  [[nodiscard]] std::uint64_t tokens() const override { return tokens_.size(); }
  [[nodiscard]] SharedTensor kv_block(const model::TokenSpan&) const override { return {}; }
  std::vector<std::int64_t> tokens_;

 private:
  std::atomic<int>& alive_;
};

class FakeRunner final : public model::ModelRunner {
 public:
  explicit FakeRunner(FakeFaults faults = {}) : faults_(faults) {}
  [[nodiscard]] const model::Geometry& geometry() const override { return geometry_; }
  [[nodiscard]] std::int64_t image_token() const override { return 5; }
  [[nodiscard]] std::int64_t end_token() const override { return 6; }

  [[nodiscard]] model::Pixels preprocess(const model::Picture& picture) override {
    const model::ImageGrid grid = geometry_.grid_of(picture.width, picture.height);
    return {.values = {}, .grid = {.frames = 1, .rows = grid.height / 16, .columns = grid.width / 16}};
  }
  [[nodiscard]] std::vector<model::EncodeOutcome> encode(std::span<const model::Pixels> images) override {
    ++encode_passes;
    for (const model::Pixels& image : images) {
      if (std::cmp_equal(image.grid.rows, faults_.throw_in_encode_of_rows))
        throw std::runtime_error("the tower fell");
    }
    return std::vector<model::EncodeOutcome>(images.size());
  }
  [[nodiscard]] std::vector<model::PrefillOutcome> prefill(
      std::span<const model::PrefillItem> items) override {
    ++prefill_passes;
    std::vector<model::PrefillOutcome> outcomes(items.size());
    for (const model::PrefillItem& item : items) {
      if (contains(item, faults_.throw_in_prefill)) throw std::runtime_error("prefill broke");
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (contains(items[i], faults_.fail_prefill)) {
        outcomes[i].error = Error(ErrorKind::kEnvironment, "no room for keys and values");
        continue;
      }
      outcomes[i].sequence = std::make_unique<FakeSequence>(items[i].prompt->ids, alive);
      outcomes[i].logits = logits_after(items[i].prompt->ids);
    }
    return outcomes;
  }
  [[nodiscard]] std::vector<model::DecodeOutcome> decode(std::span<const model::DecodeItem> items) override {
    ++decode_passes;
    if (before_decode) before_decode();
    std::vector<model::DecodeOutcome> outcomes(items.size());
    for (const model::DecodeItem& item : items) {
      if (faults_.advance_before_throw || item.token != faults_.throw_in_decode) continue;
      throw std::runtime_error("decode broke");
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      auto& sequence = dynamic_cast<FakeSequence&>(*items[i].sequence);
      sequence.tokens_.push_back(items[i].token);
      outcomes[i].logits = logits_after(sequence.tokens_);
      if (items[i].token == faults_.throw_in_decode) throw std::runtime_error("decode broke");
    }
    return outcomes;
  }

  /// What the answer to a prompt is, end token or not.
  [[nodiscard]] std::vector<std::int64_t> answer(std::vector<std::int64_t> tokens, std::size_t length) const {
    std::vector<std::int64_t> answer;
    while (answer.size() < length) {
      answer.push_back(next_after(tokens));
      tokens.push_back(answer.back());
    }
    return answer;
  }

  std::function<void()> before_decode;
  std::atomic<int> alive{0};  ///< sequences
  std::atomic<int> encode_passes{0};
  std::atomic<int> prefill_passes{0};
  std::atomic<int> decode_passes{0};

 private:
  [[nodiscard]] static bool contains(const model::PrefillItem& item, std::int64_t token) {
    for (const std::int64_t id : item.prompt->ids) {
      if (id == token) return true;
    }
    return false;
  }
  // Never a special token.
  [[nodiscard]] std::int64_t next_after(const std::vector<std::int64_t>& tokens) const {
    const std::uint64_t hash = hash64(std::as_bytes(std::span(tokens)));
    return static_cast<std::int64_t>(10 + hash % (geometry_.text().vocabulary - 10));
  }
  [[nodiscard]] std::vector<float> logits_after(const std::vector<std::int64_t>& tokens) const {
    std::vector<float> logits(geometry_.text().vocabulary, 0.0F);
    logits[static_cast<std::size_t>(next_after(tokens))] = 8.0F;
    return logits;
  }

  model::Geometry geometry_ = model::geometry_named("tiny");
  FakeFaults faults_;
};

/// A request of some token ids.
inline AsyncMultimodalRequest ids_request(std::uint64_t id, std::vector<std::int64_t> ids,
                                          std::uint64_t new_tokens = 4) {
  AsyncMultimodalRequest request;
  request.id = id;
  request.parts.emplace_back(TokensPart{std::move(ids)});
  request.max_new_tokens = new_tokens;
  return request;
}

/// A request of that many tokens, none of them special.
inline AsyncMultimodalRequest text_request(std::uint64_t id, std::uint64_t tokens,
                                           std::uint64_t new_tokens = 4) {
  return ids_request(id, std::vector<std::int64_t>(tokens, static_cast<std::int64_t>(10 + id % 32)),
                     new_tokens);
}

}  // namespace cachebench::pipeline
