// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/entry_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/nearest.h"

namespace cachebench::cache {
namespace {

bool is_floating(DType dtype) {
  return dtype == DType::kF16 || dtype == DType::kBF16 || dtype == DType::kF32;
}

// Numbers whose exponent is all ones are no numbers.
template <typename Word>
bool all_finite(std::span<const std::byte> data, Word exponent) {
  constexpr std::size_t kBatch = 4096 / sizeof(Word);
  Word words[kBatch];
  while (!data.empty()) {
    const std::size_t count = std::min(kBatch, data.size() / sizeof(Word));
    std::memcpy(words, data.data(), count * sizeof(Word));
    unsigned found = 0;
    for (std::size_t i = 0; i < count; ++i) found |= (words[i] & exponent) == exponent ? 1U : 0U;
    if (found != 0) return false;
    data = data.subspan(count * sizeof(Word));
  }
  return true;
}

// The length of the UTF-8 sequence that begins with `first`, and the bounds of its second byte; 0: none does.
struct Sequence {
  std::size_t length;
  unsigned low;
  unsigned high;
};

Sequence sequence_of(unsigned first) {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xC2) return {0, 0, 0};  // a continuation, or a form that is not the shortest
  if (first < 0xE0) return {2, 0x80, 0xBF};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};  // beyond lie the surrogates
  if (first < 0xF0) return {3, 0x80, 0xBF};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first < 0xF4) return {4, 0x80, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};  // U+10FFFF
  return {0, 0, 0};
}

}  // namespace

std::string_view entry_type_of(ArtefactKind kind) {
  switch (kind) {
    case ArtefactKind::kObject:
      return "OBJECT";
    case ArtefactKind::kText:
      return "TEXT";
    case ArtefactKind::kImage:
      return "IMAGE";
    case ArtefactKind::kLanguageEncoderOutput:
      return "LANGUAGE_ENCODER_OUTPUT";
    case ArtefactKind::kVisionEncoderOutput:
      return "VISION_ENCODER_OUTPUT";
    case ArtefactKind::kTextImagePair:
      return "TEXT_IMAGE_PAIR";
    case ArtefactKind::kFusionOutput:
      return "FUSION_OUTPUT";
    case ArtefactKind::kKvBlock:
    case ArtefactKind::kCrossModalAttention:
      return "CROSS_MODAL_ATTENTION";
  }
  return "";
}

ArtefactKind entry_type_named(std::string_view name) {
  std::vector<std::string> known;
  for (const ArtefactKind kind : kEntryTypes) {
    if (entry_type_of(kind) == name) return kind;
    known.emplace_back(entry_type_of(kind));
  }
  throw Error(ErrorKind::kUsage, unknown_name("entry type", name, known));
}

bool holds(ArtefactKind kind, DType dtype) {
  switch (kind) {
    case ArtefactKind::kObject:
      return static_cast<unsigned>(dtype) <= static_cast<unsigned>(DType::kF32);
    case ArtefactKind::kText:  // token ids or their embeddings
      return dtype == DType::kI64 || is_floating(dtype);
    case ArtefactKind::kImage:
      return dtype == DType::kU8 || is_floating(dtype);
    case ArtefactKind::kLanguageEncoderOutput:
    case ArtefactKind::kVisionEncoderOutput:
    case ArtefactKind::kTextImagePair:
    case ArtefactKind::kFusionOutput:
    case ArtefactKind::kKvBlock:
    case ArtefactKind::kCrossModalAttention:
      return dtype == DType::kI8 || is_floating(dtype);
  }
  return false;
}

bool is_finite(const TensorView& tensor) {
  switch (tensor.meta.dtype) {
    case DType::kF16:
      return all_finite<std::uint16_t>(tensor.data, 0x7C00U);
    case DType::kBF16:
      return all_finite<std::uint16_t>(tensor.data, 0x7F80U);
    case DType::kF32:
      return all_finite<std::uint32_t>(tensor.data, 0x7F800000U);
    case DType::kU8:
    case DType::kI8:
    case DType::kI64:
      break;
  }
  return true;
}

void check_tensor(ArtefactKind kind, const TensorView& tensor, NonFinite rule) {
  const std::string_view type = entry_type_of(kind);
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::kInput, fmt::format("a tensor for {}: {}", type, why));
  };
  if (type.empty()) {
    throw Error(ErrorKind::kInput, fmt::format("there is no entry type {}", static_cast<unsigned>(kind)));
  }
  if (static_cast<unsigned>(tensor.meta.dtype) > static_cast<unsigned>(DType::kF32))
    refuse(fmt::format("there is no element type {}", static_cast<unsigned>(tensor.meta.dtype)));
  if (!holds(kind, tensor.meta.dtype))
    refuse(fmt::format("elements of {} are not supported there", name_of(tensor.meta.dtype)));
  const Bytes bytes = tensor.meta.bytes();
  if (bytes.value == 0) refuse("its shape has no elements");
  if (tensor.data.size() != bytes.value) {
    refuse(fmt::format("its shape takes {} bytes, its data is {} long", bytes.value, tensor.data.size()));
  }
  if (rule == NonFinite::kRefuse && !is_finite(tensor)) refuse("it has a NaN or an infinity in it");
}

std::size_t first_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto byte_at = [&](std::size_t i) {
      return static_cast<unsigned>(static_cast<unsigned char>(text[i]));
    };
    const Sequence sequence = sequence_of(byte_at(at));
    if (sequence.length == 0 || at + sequence.length > text.size()) return at;
    for (std::size_t i = 1; i < sequence.length; ++i) {
      const unsigned low = i == 1 ? sequence.low : 0x80;
      const unsigned high = i == 1 ? sequence.high : 0xBF;
      if (byte_at(at + i) < low || byte_at(at + i) > high) return at;
    }
    at += sequence.length;
  }
  return std::string_view::npos;
}

}  // namespace cachebench::cache
