// SPDX-License-Identifier: Apache-2.0
#include "bench/run/content.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <vector>

#include "core/error.h"
#include "core/float_formats.h"
#include "core/hash.h"
#include "core/rng.h"

namespace cachebench::bench {
namespace {

constexpr std::uint64_t kSharedWords = 0x5348415245;  // what a key is derived for

// A counter through a cheap mix: every word depends on key and position, so a shifted or foreign block shows.
std::uint64_t word_at(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t x = seed + index * 0x9E3779B97F4A7C15ULL;
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93ULL;
  return x ^ (x >> 29);
}

std::uint64_t seed_of(const Key& key) {
  return splitmix64(key.lo ^ splitmix64(key.hi));
}

}  // namespace

ContentSeed::ContentSeed(const Key& key) : own_(seed_of(key)) {}

ContentSeed::ContentSeed(const model::Artefact& artefact) : own_(seed_of(artefact.key)) {
  if (!artefact.likeness) return;
  code_ = artefact.likeness->code;
  for (const std::uint64_t bit : {0U, 1U}) {
    shared_[bit] = seed_of(
        derive_key(artefact.likeness->meaning, static_cast<std::uint64_t>(artefact.kind), kSharedWords, bit));
  }
}

std::uint64_t ContentSeed::word(std::uint64_t index) const {
  if (!code_) return word_at(own_, index);
  const std::uint64_t group = index % kGroups;
  return word_at(group == kCodeBits ? own_ : shared_[*code_ >> group & 1U], index);
}

void synthesise(const ContentSeed& seed, std::uint64_t offset, std::span<std::byte> out) {
  std::uint64_t index = offset / 8;
  std::size_t at = 0;
  for (; at + 8 <= out.size(); at += 8) {
    const std::uint64_t word = seed.word(index++);
    std::memcpy(out.data() + at, &word, 8);
  }
  const std::uint64_t last = seed.word(index);
  if (at < out.size()) std::memcpy(out.data() + at, &last, out.size() - at);
}

void synthesise_numbers(const ContentSeed& seed, DType dtype, std::uint64_t offset,
                        std::span<std::byte> out) {
  const std::size_t width = size_of(dtype);
  std::uint64_t word = 0;
  const std::uint64_t first = offset / width;
  for (std::size_t i = 0; (i + 1) * width <= out.size(); ++i) {
    // Two elements a word, each the sum of two halves.
    const std::uint64_t index = first + i;
    if (i == 0 || index % 2 == 0) word = seed.word(index / 2);
    const auto pair = static_cast<std::uint32_t>(word >> (32 * (index % 2)));
    const int sum = static_cast<std::int16_t>(pair & 0xFFFF) + static_cast<std::int16_t>(pair >> 16);
    const float value = static_cast<float>(sum) * 0x1p-14F;
    const std::uint16_t narrow = dtype == DType::kF16 ? half_from_float(value) : bfloat16_from_float(value);
    if (width == 4) {
      std::memcpy(out.data() + 4 * i, &value, 4);
    } else {
      std::memcpy(out.data() + 2 * i, &narrow, 2);
    }
  }
}

ContentSource::ContentSource(const std::string& folder) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (!entry.is_regular_file()) continue;
    auto file = std::make_unique<MappedFile>(entry.path().string());
    if (!file->bytes().empty()) files_.emplace(hash_key(entry.path().stem().string()), std::move(file));
  }
  if (failed) throw Error(ErrorKind::kInput, folder + ": " + failed.message());
}

std::span<const std::byte> ContentSource::file(const Key& content) const {
  const auto found = files_.find(content);
  return found == files_.end() ? std::span<const std::byte>() : found->second->bytes();
}

std::span<const std::byte> ContentSource::file_of(const model::Artefact& artefact) const {
  return files_.empty() || !artefact.content ? std::span<const std::byte>() : file(*artefact.content);
}

void ContentSource::fill_part(const model::Artefact& artefact, std::uint64_t offset,
                              std::span<std::byte> out) const {
  const DType dtype = artefact.meta.dtype;
  const bool numbers = dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
  const ContentSeed seed(artefact);
  if (numbers) return synthesise_numbers(seed, dtype, offset, out);
  synthesise(seed, offset, out);
}

void ContentSource::fill(const model::Artefact& artefact, std::span<std::byte> out) const {
  const std::span<const std::byte> file = file_of(artefact);
  if (file.empty()) return fill_part(artefact, 0, out);
  for (std::size_t at = 0; at < out.size(); at += file.size()) {
    std::memcpy(out.data() + at, file.data(), std::min(file.size(), out.size() - at));
  }
}

std::uint64_t ContentSource::count_wrong(const model::Artefact& artefact, std::span<const std::byte> data,
                                         const cache::Passes& passes) const {
  if (!passes.none()) {
    std::vector<std::byte> expected(data.size());
    fill(artefact, expected);
    return size_of(artefact.meta.dtype) *
           cache::count_beyond({.meta = artefact.meta, .data = expected}, data, passes);
  }
  const std::span<const std::byte> file = file_of(artefact);
  std::uint64_t wrong = 0;
  for (std::size_t i = 0; i < data.size() && !file.empty(); ++i)
    wrong += data[i] != file[i % file.size()] ? 1U : 0U;
  if (!file.empty()) return wrong;
  std::array<std::byte, 16384> expected;
  for (std::uint64_t offset = 0; offset < data.size(); offset += expected.size()) {
    const auto piece = data.subspan(offset, std::min<std::size_t>(data.size() - offset, expected.size()));
    fill_part(artefact, offset, std::span(expected).first(piece.size()));
    if (std::memcmp(piece.data(), expected.data(), piece.size()) == 0) continue;
    for (std::size_t i = 0; i < piece.size(); ++i) wrong += piece[i] != expected[i] ? 1U : 0U;
  }
  return wrong;
}

}  // namespace cachebench::bench
