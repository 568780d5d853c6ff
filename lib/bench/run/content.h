// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "cache/compression/encoded_tensor.h"
#include "core/file.h"
#include "core/hamming.h"
#include "core/ids.h"
#include "model/artefact.h"

/// Bytes for the entries of runs: from files where the user has them, else made up, the same on every
/// machine, different for every key, and cheap enough not to be what is measured.
///
/// What is made up for an artefact without a similarity code follows from its key alone. One with a code is
/// as like the other encodings of its content as their codes say, and like nothing else: its words of eight
/// bytes go round 65 groups, one for each bit of the code and one of its own. Words of a bit's group follow
/// from the meaning and that bit, those of its own group from its key. Of two encodings whose codes are d
/// bits apart, (d + 1) words of 65 are unrelated and the others equal, so the cosine of two such tensors is 1
/// − (d + 1) / 65 give or take what few elements scatter; that of different contents is 0.
namespace cachebench::bench {

/// What made-up bytes follow from.
class ContentSeed {
 public:
  ContentSeed(const Key& key);  // NOLINT(google-explicit-constructor): a key alone is the usual case
  explicit ContentSeed(const model::Artefact& artefact);
  [[nodiscard]] std::uint64_t word(std::uint64_t index) const;

 private:
  static constexpr std::uint64_t kGroups = kCodeBits + 1;
  std::uint64_t own_;
  std::array<std::uint64_t, 2> shared_{};  ///< by the value of the bit
  std::optional<std::uint64_t> code_;
};

/// Fills `out` with the content from byte `offset` on; `offset` is a multiple of 8. Pure function.
void synthesise(const ContentSeed& seed, std::uint64_t offset, std::span<std::byte> out);

/// The same for elements of a floating-point type: numbers from -4 to 4, those near 0 the most frequent, so
/// that tensors have no NaNs and can be kept in lossy forms. `offset` is a multiple of 8.
void synthesise_numbers(const ContentSeed& seed, DType dtype, std::uint64_t offset, std::span<std::byte> out);

/// Where the bytes of artefacts come from. Immutable after construction, thread-safe.
class ContentSource {
 public:
  ContentSource() = default;
  /// Also looks `text` and `image` artefacts up in a folder whose files are named by the hashes of the trace
  /// (an extension is ignored). Throws Error{kInput} when the folder cannot be read.
  explicit ContentSource(const std::string& folder);

  /// The bytes of an artefact: its file's, repeated to its size, or synthesised ones. `out` may be shorter.
  void fill(const model::Artefact& artefact, std::span<std::byte> out) const;
  /// How many bytes of `data` are not what `fill` gives; after passes through lossy forms, how many are of
  /// elements beyond the error that these allow.
  [[nodiscard]] std::uint64_t count_wrong(const model::Artefact& artefact, std::span<const std::byte> data,
                                          const cache::Passes& passes = {}) const;
  [[nodiscard]] std::size_t files() const { return files_.size(); }
  /// The file of a content that the trace names so; empty where there is none.
  [[nodiscard]] std::span<const std::byte> file(const Key& content) const;

 private:
  /// A part of what `fill` gives; `offset` is a multiple of 8.
  void fill_part(const model::Artefact& artefact, std::uint64_t offset, std::span<std::byte> out) const;
  [[nodiscard]] std::span<const std::byte> file_of(const model::Artefact& artefact) const;

  std::unordered_map<Key, std::unique_ptr<MappedFile>> files_;
};

}  // namespace cachebench::bench
