// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "model/model_runner.h"

/// Text to token ids without a tokeniser's files: deterministic, of about the right length, and the same text
/// gives the same ids, which is all that caches and timings need. Answers of a real checkpoint to text given
/// this way mean nothing; callers with a tokeniser pass ids. Pure functions.
///
///   piece   letters, digits and bytes above 127, with one space before them, at most 6 bytes beside the
///           space; any other byte is a piece of its own
///   id      XXH3-64 of the piece modulo the vocabulary, then the next id that is not a special token
namespace cachebench::pipeline {

/// The ids there are, and those that text never becomes.
struct TokenSpace {
  std::uint64_t vocabulary = 0;
  std::int64_t image_token = -1;
  std::int64_t end_token = -1;
};
[[nodiscard]] TokenSpace token_space(const model::ModelRunner& runner);

/// REQUIRES: a vocabulary with at least one ordinary id.
[[nodiscard]] std::vector<std::int64_t> tokenize(std::string_view text, const TokenSpace& space);
/// How many ids that makes.
[[nodiscard]] std::uint64_t count_tokens(std::string_view text);
/// The ids of text that is known by its identity and length alone. A longer one starts as a shorter one does.
[[nodiscard]] std::vector<std::int64_t> tokens_of_content(const Key& content, std::uint64_t tokens,
                                                          const TokenSpace& space);

}  // namespace cachebench::pipeline
