// SPDX-License-Identifier: Apache-2.0
#include "pipeline/tokenize.h"

#include "core/check.h"
#include "core/hash.h"
#include "core/rng.h"

namespace cachebench::pipeline {
namespace {

constexpr std::size_t kPieceBytes = 6;

bool in_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         byte > 127;
}

// Bytes of the piece that starts at `at`.
std::size_t piece_length(std::string_view text, std::size_t at) {
  const std::size_t space = text[at] == ' ' && at + 1 < text.size() && in_word(text[at + 1]) ? 1 : 0;
  std::size_t length = 0;
  while (length < kPieceBytes && at + space + length < text.size() && in_word(text[at + space + length])) {
    ++length;
  }
  return length == 0 ? 1 : space + length;
}

std::int64_t ordinary_id(std::uint64_t hash, const TokenSpace& space) {
  auto id = static_cast<std::int64_t>(hash % space.vocabulary);
  while (id == space.image_token || id == space.end_token) {
    id = (id + 1) % static_cast<std::int64_t>(space.vocabulary);
  }
  return id;
}

void check_space(const TokenSpace& space) {
  CACHEBENCH_CHECK(space.vocabulary > 2, "a vocabulary of {}", space.vocabulary);
}

}  // namespace

TokenSpace token_space(const model::ModelRunner& runner) {
  return {.vocabulary = runner.geometry().text().vocabulary,
          .image_token = runner.image_token(),
          .end_token = runner.end_token()};
}

std::vector<std::int64_t> tokenize(std::string_view text, const TokenSpace& space) {
  check_space(space);
  std::vector<std::int64_t> ids;
  ids.reserve(text.size() / 4 + 1);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = piece_length(text, at);
    ids.push_back(ordinary_id(hash64(text.substr(at, length)), space));
    at += length;
  }
  return ids;
}

std::uint64_t count_tokens(std::string_view text) {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += piece_length(text, at)) ++count;
  return count;
}

std::vector<std::int64_t> tokens_of_content(const Key& content, std::uint64_t tokens,
                                            const TokenSpace& space) {
  check_space(space);
  std::vector<std::int64_t> ids(tokens);
  const std::uint64_t base = splitmix64(content.hi ^ splitmix64(content.lo));
  for (std::uint64_t i = 0; i < tokens; ++i) ids[i] = ordinary_id(splitmix64(base + i), space);
  return ids;
}

}  // namespace cachebench::pipeline
