// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/ids.h"
#include "model/artefact.h"
#include "model/geometry.h"
#include "trace/request.h"

/// Where the inputs of a request sit in its prompt: inputs follow one another in the order recorded, text of
/// T tokens takes T positions, an image its V visual tokens. Tokens of the chat template belong to no input
/// and are left out. Stateless. Throws Error{kInput} naming the request for a prompt beyond kMaxPromptTokens
/// and for an image the resize rule refuses.
///
///   image, size unknown    taken as 512 × 512 pixels
///   video                  an image per pair of frames, each with a content of its own; at most
///   kMaxVideoFrames;
///                          frames unknown: 2 a second; both unknown: one pair
///   audio                  the model has no audio tower: text-like, kAudioTokensPerSecond; unknown: no
///   tokens text, length unknown   what `input_tokens` leaves after the other inputs, for the first such text
///   no content hash        content that never repeats
///   lengths only           `image_count` images, then text up to `input_tokens`, none of which ever repeats
namespace cachebench::model {

inline constexpr std::uint64_t kMaxPromptTokens = 4'194'304;  ///< 16 times the context of Qwen3-VL
inline constexpr std::uint64_t kMaxVideoFrames = 768;
inline constexpr std::uint64_t kAudioTokensPerSecond = 25;
inline constexpr std::uint32_t kUnknownImageSide = 512;

enum class SegmentKind : std::uint8_t { kText, kImage };

/// One run of tokens with one content. Never empty.
struct Segment {
  SegmentKind kind = SegmentKind::kText;
  Key id;       ///< content, size and geometry; the key of its `text` or `image` artefact
  Key content;  ///< what the trace calls it
  TokenSpan span;
  ImageGrid grid;                      ///< images
  std::uint64_t source_pixels = 0;     ///< images: before resizing, all frames
  std::optional<Likeness> likeness{};  ///< of what has a code; frames of a video have none
};

/// Replaces `out`.
void lay_out(const trace::Request& request, const trace::Header& header, const Geometry& geometry,
             std::vector<Segment>& out);

}  // namespace cachebench::model
