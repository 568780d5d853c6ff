// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/entry_types.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/float_formats.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

template <typename T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

TensorView view(const std::vector<std::byte>& data, DType dtype) {
  return {.meta = {.shape = {static_cast<std::int64_t>(data.size() / size_of(dtype))}, .dtype = dtype},
          .data = data};
}

std::string complaint(ArtefactKind kind, const TensorView& tensor, NonFinite rule = NonFinite::kRefuse) {
  try {
    check_tensor(kind, tensor, rule);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kInput);
    return error.what();
  }
  return "";
}

// One code point as UTF-8, the obvious way.
std::string encoded(std::uint32_t point) {
  std::string text;
  const auto put = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
  return text;
}

}  // namespace

TEST_CASE("the seven entry types go by their names") {
  CHECK(entry_type_of(ArtefactKind::kText) == "TEXT");
  CHECK(entry_type_of(ArtefactKind::kImage) == "IMAGE");
  CHECK(entry_type_of(ArtefactKind::kTextImagePair) == "TEXT_IMAGE_PAIR");
  CHECK(entry_type_of(ArtefactKind::kVisionEncoderOutput) == "VISION_ENCODER_OUTPUT");
  CHECK(entry_type_of(ArtefactKind::kLanguageEncoderOutput) == "LANGUAGE_ENCODER_OUTPUT");
  CHECK(entry_type_of(ArtefactKind::kCrossModalAttention) == "CROSS_MODAL_ATTENTION");
  CHECK(entry_type_of(ArtefactKind::kFusionOutput) == "FUSION_OUTPUT");
  CHECK(entry_type_of(ArtefactKind::kKvBlock) == "CROSS_MODAL_ATTENTION");
  for (const ArtefactKind kind : kEntryTypes) CHECK(entry_type_named(entry_type_of(kind)) == kind);
  CHECK_THROWS_AS((void)entry_type_named("TEXTS"), Error);
}

TEST_CASE("tensors that are none are refused, saying why") {
  const std::vector<std::byte> four(16);
  CHECK(complaint(ArtefactKind::kText, view(four, DType::kF32)).empty());
  CHECK(complaint(ArtefactKind::kText, view(four, DType::kI64)).empty());
  CHECK(complaint(ArtefactKind::kText, view(four, DType::kU8)).find("u8") != std::string::npos);
  CHECK(complaint(ArtefactKind::kImage, view(four, DType::kU8)).empty());
  CHECK_FALSE(complaint(ArtefactKind::kImage, view(four, DType::kI64)).empty());
  CHECK(complaint(ArtefactKind::kFusionOutput, view(four, DType::kI8)).empty());
  CHECK_FALSE(complaint(ArtefactKind::kVisionEncoderOutput, view(four, DType::kI64)).empty());
  TensorView odd = view(four, DType::kF32);
  odd.meta.dtype = static_cast<DType>(77);
  CHECK(complaint(ArtefactKind::kText, odd).find("element type") != std::string::npos);
  CHECK(complaint(static_cast<ArtefactKind>(99), view(four, DType::kF32)).find("entry type") !=
        std::string::npos);
  TensorView empty{.meta = {.shape = {4, 0, 2}, .dtype = DType::kF32}, .data = {}};
  CHECK(complaint(ArtefactKind::kText, empty).find("no elements") != std::string::npos);
  TensorView cut = view(four, DType::kF32);
  cut.data = cut.data.first(12);
  CHECK(complaint(ArtefactKind::kText, cut).find("12") != std::string::npos);
}

TEST_CASE("a NaN or an infinity is found wherever it is, in every floating-point type") {
  for (const std::size_t length : {std::size_t{1}, std::size_t{5}, std::size_t{1500}, std::size_t{4099}}) {
    for (const std::size_t place : {std::size_t{0}, length / 2, length - 1}) {
      for (const float bad :
           {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
        std::vector<float> single(length, std::numeric_limits<float>::max());
        std::vector<std::uint16_t> half(length, half_from_float(65504.0F));
        std::vector<std::uint16_t> brain(length, bfloat16_from_float(-3.0e38F));
        const auto all_finite = [&] {
          return std::vector<bool>{is_finite(view(bytes_of(single), DType::kF32)),
                                   is_finite(view(bytes_of(half), DType::kF16)),
                                   is_finite(view(bytes_of(brain), DType::kBF16))};
        };
        CHECK(all_finite() == std::vector<bool>{true, true, true});
        single[place] = bad;
        half[place] = half_from_float(bad);
        brain[place] = bfloat16_from_float(bad);
        CHECK(all_finite() == std::vector<bool>{false, false, false});
        const std::vector<std::byte> data = bytes_of(single);
        CHECK(complaint(ArtefactKind::kImage, view(data, DType::kF32)).find("NaN") != std::string::npos);
        CHECK(complaint(ArtefactKind::kImage, view(data, DType::kF32), NonFinite::kKeep).empty());
      }
    }
  }
}

TEST_CASE("UTF-8 is what encodes a code point in the shortest way") {
  CHECK(first_invalid_utf8("") == std::string_view::npos);
  for (std::uint32_t point = 0; point <= 0x10FFFF; point += point < 0x3000 ? 1 : 251) {
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    const std::string text = "ab" + encoded(point) + "c";
    REQUIRE(first_invalid_utf8(text) == (surrogate ? 2 : std::string_view::npos));
    if (point < 0x80) continue;
    const std::string cut = encoded(point).substr(0, encoded(point).size() - 1);
    REQUIRE(first_invalid_utf8(cut) == 0);        // ends early
    REQUIRE(first_invalid_utf8(cut + "x") == 0);  // goes on wrong
  }
  for (const char* bad : {"\x80", "\xC0\xAF", "\xC1\x81", "\xE0\x80\xAF", "\xF0\x80\x80\xAF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xED\xA0\x80"})
    CHECK(first_invalid_utf8(bad) == 0);
}
