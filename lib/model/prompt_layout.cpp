// SPDX-License-Identifier: Apache-2.0
#include "model/prompt_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/error.h"
#include "core/hash.h"

namespace cachebench::model {
namespace {

std::uint64_t word_of(ArtefactKind kind) {
  return static_cast<std::uint64_t>(kind);
}

class Layout {
 public:
  Layout(const trace::Request& request, const trace::Header& header, const Geometry& geometry,
         std::vector<Segment>& out)
      : request_(request), geometry_(geometry), copies_known_(header.copies_known), out_(out) {
    out_.clear();
  }

  void add_inputs() {
    const std::optional<std::uint64_t> rest = unclaimed_tokens();
    bool rest_given = false;
    for (std::size_t i = 0; i < request_.inputs.size(); ++i) {
      const trace::Input& input = request_.inputs[i];
      const Key content = input.content ? *input.content : unique_content(i);
      const std::size_t before = out_.size();
      switch (input.kind) {
        case trace::InputKind::kText:
          if (input.tokens) {
            add_text(content, *input.tokens);
          } else if (rest && !rest_given) {
            add_text(content, *rest);
            rest_given = true;
          }
          if (input.simhash && out_.size() > before)
            out_.back().likeness = likeness_of(input, *input.simhash, content);
          break;
        case trace::InputKind::kImage:
          add_image(content, input, 1);
          if (input.phash) out_.back().likeness = likeness_of(input, *input.phash, content);
          break;
        case trace::InputKind::kVideo:
          add_video(content, input);
          break;
        case trace::InputKind::kAudio:
          add_text(content, audio_tokens(input));
          break;
      }
    }
  }

  void add_lengths() {
    const std::uint64_t images = request_.image_count.value_or(0);
    for (std::uint64_t i = 0; i < images; ++i) add_image(unique_content(1 + i), trace::Input{}, 1);
    const std::uint64_t total = request_.input_tokens.value_or(0);
    if (total > next_) add_text(unique_content(0), total - next_);
  }

 private:
  [[nodiscard]] Error error(const std::string& reason) const {
    return {ErrorKind::kInput, fmt::format("request {}: {}", request_.sequence, reason)};
  }

  [[nodiscard]] Likeness likeness_of(const trace::Input& input, std::uint64_t code,
                                     const Key& content) const {
    return {.code = code,
            .meaning = meaning_of(input).value_or(content),
            .content = content,
            .fine = input.phash_fine,
            .is_truth_known = copies_known_};
  }

  [[nodiscard]] Key unique_content(std::uint64_t index) const {
    static const Key kRoot = hash_key("content that never repeats");
    return derive_key(kRoot, request_.sequence, index);
  }

  TokenSpan take(std::uint64_t tokens) {
    if (tokens > kMaxPromptTokens - next_) {
      throw error(fmt::format("a prompt of more than {} tokens", kMaxPromptTokens));
    }
    const TokenSpan span{next_, next_ + tokens};
    next_ += tokens;
    return span;
  }

  void add_text(const Key& content, std::uint64_t tokens) {
    if (tokens == 0) return;
    const TokenSpan span = take(tokens);
    out_.push_back({.kind = SegmentKind::kText,
                    .id = derive_key(content, word_of(ArtefactKind::kText), tokens, geometry_.fingerprint()),
                    .content = content,
                    .span = span,
                    .grid = {},
                    .source_pixels = 0});
  }

  void add_image(const Key& content, const trace::Input& input, std::uint64_t frames) {
    const std::uint32_t width = input.width.value_or(kUnknownImageSide);
    const std::uint32_t height = input.height.value_or(kUnknownImageSide);
    const ImageGrid grid = grid_of(width, height);
    const std::uint64_t size = std::uint64_t{grid.width} << 32U | grid.height;
    const TokenSpan span = take(grid.visual_tokens);
    out_.push_back(
        {.kind = SegmentKind::kImage,
         .id = derive_key(content, word_of(ArtefactKind::kImage), size, geometry_.encoder_fingerprint()),
         .content = content,
         .span = span,
         .grid = grid,
         .source_pixels = std::uint64_t{width} * height * frames});
  }

  void add_video(const Key& content, const trace::Input& input) {
    const std::uint64_t pair = geometry_.vision().temporal_patch;
    std::uint64_t frames = pair;
    if (input.frames) {
      frames = *input.frames;
    } else if (input.seconds) {
      frames = scaled(*input.seconds, 2);
    }
    frames = std::min(frames, kMaxVideoFrames);
    for (std::uint64_t first = 0; first < frames; first += pair) {
      add_image(derive_key(content, static_cast<std::uint64_t>(trace::InputKind::kVideo), first), input,
                std::min(pair, frames - first));
    }
  }

  [[nodiscard]] std::uint64_t audio_tokens(const trace::Input& input) const {
    return input.seconds ? scaled(*input.seconds, kAudioTokensPerSecond) : 0;
  }

  // seconds × rate, rounded up.
  [[nodiscard]] std::uint64_t scaled(double seconds, std::uint64_t rate) const {
    if (!(seconds >= 0) || seconds > static_cast<double>(kMaxPromptTokens)) {
      throw error(fmt::format("an input of {} seconds", seconds));
    }
    return static_cast<std::uint64_t>(std::ceil(seconds * static_cast<double>(rate)));
  }

  [[nodiscard]] ImageGrid grid_of(std::uint32_t width, std::uint32_t height) const {
    try {
      return geometry_.grid_of(width, height);
    } catch (const Error& refused) {
      throw error(refused.what());
    }
  }

  // What `input_tokens` leaves for a text of unknown length; nothing when no text needs it or it is not
  // known.
  [[nodiscard]] std::optional<std::uint64_t> unclaimed_tokens() const {
    if (!request_.input_tokens) return std::nullopt;
    std::uint64_t known = 0;
    for (const trace::Input& input : request_.inputs) {
      const std::uint64_t room = *request_.input_tokens - known;
      std::uint64_t tokens = input.tokens.value_or(0);
      if (input.kind == trace::InputKind::kImage) {
        tokens = grid_of(input.width.value_or(kUnknownImageSide), input.height.value_or(kUnknownImageSide))
                     .visual_tokens;
      }
      known += std::min(tokens, room);
    }
    return *request_.input_tokens - known;
  }

  const trace::Request& request_;
  const Geometry& geometry_;
  const bool copies_known_;
  std::vector<Segment>& out_;
  std::uint64_t next_ = 0;
};

}  // namespace

void lay_out(const trace::Request& request, const trace::Header& header, const Geometry& geometry,
             std::vector<Segment>& out) {
  Layout layout(request, header, geometry, out);
  if (header.blocks_only) return;
  if (header.lengths_only) {
    layout.add_lengths();
  } else {
    layout.add_inputs();
  }
}

}  // namespace cachebench::model
