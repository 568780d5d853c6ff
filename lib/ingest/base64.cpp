// SPDX-License-Identifier: Apache-2.0
#include "ingest/base64.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "core/error.h"

namespace cachebench::ingest {
namespace {

constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> digit_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}
constexpr std::array<std::uint8_t, 256> kValues = digit_values();

}  // namespace

std::vector<std::byte> decode_base64(std::string_view text) {
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  if (padding > 0 && text.size() % 4 != 0)
    throw Error(ErrorKind::kInput, fmt::format("base64: {} characters, padding included", text.size()));
  text.remove_suffix(padding);
  if (text.size() % 4 == 1)
    throw Error(ErrorKind::kInput, fmt::format("base64: cut short after {} characters", text.size()));
  std::vector<std::byte> bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(text[i])];
    if (value == kNoDigit)
      throw Error(ErrorKind::kInput, fmt::format("base64: character {} is not of the alphabet", i + 1));
    bits = bits << 6 | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.push_back(static_cast<std::byte>(bits >> held & 0xFFU));
  }
  if ((bits & ((1U << held) - 1)) != 0) throw Error(ErrorKind::kInput, "base64: stray bits at the end");
  return bytes;
}

}  // namespace cachebench::ingest
