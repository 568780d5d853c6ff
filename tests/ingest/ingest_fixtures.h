// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.h"
#include "support/png_writer.h"

/// Logs written by hand: base64 by its definition, pictures, messages. Pure functions.
namespace cachebench::testing {

/// Slow and obvious: bit by bit.
inline std::string base64_of(std::string_view bytes) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bits;
  for (const char c : bytes) {
    for (int bit = 7; bit >= 0; --bit) bits += (static_cast<unsigned char>(c) >> bit & 1) != 0 ? '1' : '0';
  }
  while (bits.size() % 6 != 0) bits += '0';
  std::string text;
  for (std::size_t i = 0; i < bits.size(); i += 6)
    text += alphabet[std::stoul(bits.substr(i, 6), nullptr, 2)];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

inline std::string sha_of(std::string_view text) {
  Sha256 digest;
  digest.update(std::as_bytes(std::span(text.data(), text.size())));
  return digest.hex();
}

/// A picture of one colour.
inline std::string png_of(std::uint32_t width, std::uint32_t height, char shade = 77) {
  return png_of_rgb(width, height, std::string(std::size_t{width} * height * 3, shade));
}

inline std::string data_url(std::string_view bytes, const std::string& type = "image/png") {
  return "data:" + type + ";base64," + base64_of(bytes);
}

using Json = nlohmann::json;

inline Json text_message(const std::string& role, const std::string& text) {
  return {{"role", role}, {"content", text}};
}

inline Json image_message(const std::string& url, const std::string& text) {
  return {{"role", "user"},
          {"content",
           {{{"type", "image_url"}, {"image_url", {{"url", url}}}}, {{"type", "text"}, {"text", text}}}}};
}

inline Json chat(const std::vector<Json>& messages) {
  return {{"model", "qwen3-vl"}, {"messages", messages}};
}

inline Json batch(const std::string& id, const Json& body) {
  return {{"custom_id", id}, {"method", "POST"}, {"url", "/v1/chat/completions"}, {"body", body}};
}

inline Json response(const std::string& id, std::uint64_t prompt, std::uint64_t completion) {
  return {{"custom_id", id},
          {"response",
           {{"status_code", 200},
            {"body", {{"usage", {{"prompt_tokens", prompt}, {"completion_tokens", completion}}}}}}}};
}

}  // namespace cachebench::testing
