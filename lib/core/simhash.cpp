// SPDX-License-Identifier: Apache-2.0
#include "core/simhash.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/hamming.h"
#include "core/hash.h"

namespace cachebench {
namespace {

class Votes {
 public:
  void add(std::uint64_t hash) {
    ++shingles_;
    for (std::size_t bit = 0; bit < kCodeBits; ++bit) set_[bit] += hash >> bit & 1U;
  }
  /// A tie leaves the bit clear.
  [[nodiscard]] std::uint64_t code() const {
    std::uint64_t code = 0;
    for (std::size_t bit = 0; bit < kCodeBits; ++bit) {
      if (2 * set_[bit] > shingles_) code |= std::uint64_t{1} << bit;
    }
    return code;
  }

 private:
  std::array<std::uint64_t, kCodeBits> set_{};
  std::uint64_t shingles_ = 0;
};

// Calls visit(first, count) for each shingle of `tokens` tokens.
template <typename Visit>
void for_each_shingle(std::size_t tokens, Visit visit) {
  if (tokens == 0) return;
  const std::size_t length = std::min(tokens, kShingleTokens);
  for (std::size_t first = 0; first + length <= tokens; ++first) visit(first, length);
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_space);
    const auto end = std::find_if(begin, text.end(), is_space);
    if (begin != end) words.emplace_back(begin, end);
    at = static_cast<std::size_t>(end - text.begin());
  }
  return words;
}

}  // namespace

std::uint64_t simhash(std::span<const std::uint32_t> tokens) {
  Votes votes;
  for_each_shingle(tokens.size(), [&](std::size_t first, std::size_t count) {
    votes.add(hash64(std::as_bytes(tokens.subspan(first, count))));
  });
  return votes.code();
}

std::uint64_t simhash(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  Votes votes;
  std::string shingle;
  for_each_shingle(words.size(), [&](std::size_t first, std::size_t count) {
    shingle.clear();
    for (std::size_t i = first; i < first + count; ++i) (shingle += words[i]) += ' ';
    votes.add(hash64(shingle));
  });
  return votes.code();
}

}  // namespace cachebench
