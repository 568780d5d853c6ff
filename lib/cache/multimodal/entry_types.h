// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/ids.h"
#include "core/tensor_view.h"

/// The seven entry types of the multimodal cache, by the source document's names, and what a tensor of each
/// has to be like. An entry type is an ArtefactKind: the cache below knows no other. Pure functions;
/// check_tensor throws Error{kInput} naming what is wrong, the others return values.
namespace cachebench::cache {

inline constexpr std::array<ArtefactKind, 7> kEntryTypes{
    ArtefactKind::kText,
    ArtefactKind::kImage,
    ArtefactKind::kTextImagePair,
    ArtefactKind::kVisionEncoderOutput,
    ArtefactKind::kLanguageEncoderOutput,
    ArtefactKind::kCrossModalAttention,
    ArtefactKind::kFusionOutput,
};

/// "VISION_ENCODER_OUTPUT" and the like; plain K/V blocks are CROSS_MODAL_ATTENTION too. "OBJECT" for a plain
/// object, which is none of the seven.
[[nodiscard]] std::string_view entry_type_of(ArtefactKind kind);
/// The kind of an entry type. Throws Error{kUsage} naming the nearest.
[[nodiscard]] ArtefactKind entry_type_named(std::string_view name);

/// Whether entries of the type may have elements of this type: token ids are integers, pixels bytes or
/// floating-point numbers, states floating-point or quantised numbers.
[[nodiscard]] bool holds(ArtefactKind kind, DType dtype);

/// What to do with tensors that have a NaN or an infinity in them.
enum class NonFinite : std::uint8_t { kRefuse, kKeep };
/// Of floating-point tensors; others are always finite.
[[nodiscard]] bool is_finite(const TensorView& tensor);

/// Throws for an entry type that there is not, an element type that it does not hold, a shape without
/// elements, data that is longer or shorter than the shape, and (kRefuse) values that are no numbers.
void check_tensor(ArtefactKind kind, const TensorView& tensor, NonFinite rule);

/// The position of the first byte that is not UTF-8 (RFC 3629: shortest form, no surrogates, at most
/// U+10FFFF); npos when all of it is.
[[nodiscard]] std::size_t first_invalid_utf8(std::string_view text);

}  // namespace cachebench::cache
