// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/hamming.h"
#include "core/ids.h"
#include "core/tensor_view.h"
#include "core/units.h"
#include "core/work.h"

/// A request lowered to the artefacts it may take from a cache, in the order in which they are looked up.
namespace cachebench::model {

/// Half-open range of token positions in the prompt.
struct TokenSpan {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] bool contains(const TokenSpan& other) const {
    return begin <= other.begin && other.end <= end;
  }
  bool operator==(const TokenSpan&) const = default;
};

/// The `image` of an artefact that belongs to none.
inline constexpr std::uint32_t kNoImage = 0xFFFFFFFFU;

/// What tells contents that are like one another, and which of them truly stand for one another.
struct Likeness {
  std::uint64_t code = 0;          ///< SimHash of a text, pHash of an image
  Key meaning;                     ///< equal for a content and its other encodings
  Key content{};                   ///< what the trace calls it
  std::optional<FineCode> fine{};  ///< of an image, for a second look
  bool is_truth_known = true;      ///< contents of another meaning are other contents for certain
  bool operator==(const Likeness&) const = default;
};

struct Artefact {
  Key key;
  ArtefactKind kind = ArtefactKind::kObject;
  TensorMeta meta;
  Bytes bytes;  ///< nominal bytes; equals meta.bytes()
  Work work;    ///< to compute it, given its inputs
  /// Tokens it serves. Text, images and vision outputs: where their input sits; content that occurs several
  /// times in one prompt spans from its first token to its last.
  TokenSpan span;
  std::optional<Key> content;  ///< `text`, `image`: what the trace calls the input it is made of
  /// `text`, `image`, `vision_encoder_output`: where the trace gives a code of the input.
  std::optional<Likeness> likeness;
  std::uint32_t depth = 0;         ///< K/V blocks before it in its chain; 0 outside one
  std::uint32_t image = kNoImage;  ///< `image`, `vision_encoder_output`: the number of the image they share
};

/// Artefacts of one request, each once. Lookup order: the chain of prefix blocks, then the others by kind
/// (semantics: fusion_output, text_image_pair, per image vision_encoder_output then image,
/// language_encoder_output, per segment text). `artefacts[0, chain)` is the chain, front to back.
struct Plan {
  std::uint64_t sequence = 0;
  std::uint64_t first_reference = 0;  ///< number of its first artefact among all references of the workload
  std::uint64_t session = 0;          ///< 0 for plain objects; a request without one is a session of its own
  std::uint32_t turn = 0;
  Nanoseconds arrival{0};
  std::vector<Artefact> artefacts;
  std::size_t chain = 0;
  std::uint64_t prompt_tokens = 0;
  bool independent = false;  ///< plain accesses: no gap rule, nothing covers anything
  /// Empties it and keeps the memory.
  void clear();
};

}  // namespace cachebench::model
