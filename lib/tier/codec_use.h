// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/ids.h"
#include "core/units.h"

/// What encoding and decoding came to, measured: sizes, times, and the error where a form is lossy. Plain
/// values, summed over threads and planes.
namespace cachebench::tier {

struct CodecUse {
  std::uint64_t encoded = 0;   ///< entries stored smaller
  std::uint64_t declined = 0;  ///< entries left as they were: their values or their size forbade it
  Bytes plain;                 ///< of the encoded ones, before
  Bytes stored;                ///< and after
  Bytes declined_bytes;
  Nanoseconds encode_time{0};
  std::uint64_t decoded = 0;
  Bytes decoded_bytes;  ///< given back
  Nanoseconds decode_time{0};
  // Of the elements that were decoded again for comparison; 0 for lossless codecs.
  std::uint64_t compared = 0;
  double max_error = 0;   ///< largest difference of an element
  double error_sum = 0;   ///< of squared differences
  double square_sum = 0;  ///< of squared elements

  /// One entry; stored as large as before: left as it was.
  void note_encode(Bytes before, Bytes after, Nanoseconds elapsed) {
    const bool smaller = after < before;
    ++(smaller ? encoded : declined);
    (smaller ? plain : declined_bytes) += before;
    if (smaller) stored += after;
    encode_time += elapsed;
  }
  void note_decode(Bytes given_back, Nanoseconds elapsed) {
    ++decoded;
    decoded_bytes += given_back;
    decode_time += elapsed;
  }
  void add(const CodecUse& other) {
    encoded += other.encoded;
    declined += other.declined;
    plain += other.plain;
    stored += other.stored;
    declined_bytes += other.declined_bytes;
    encode_time += other.encode_time;
    decoded += other.decoded;
    decoded_bytes += other.decoded_bytes;
    decode_time += other.decode_time;
    compared += other.compared;
    max_error = std::max(max_error, other.max_error);
    error_sum += other.error_sum;
    square_sum += other.square_sum;
  }
};

/// One for every kind of entry.
struct CodecUses {
  std::array<CodecUse, kArtefactKinds> by_kind{};
  [[nodiscard]] CodecUse& operator[](ArtefactKind kind) { return by_kind[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] const CodecUse& operator[](ArtefactKind kind) const {
    return by_kind[static_cast<std::size_t>(kind)];
  }
  void add(const CodecUses& other) {
    for (std::size_t i = 0; i < by_kind.size(); ++i) by_kind[i].add(other.by_kind[i]);
  }
};

}  // namespace cachebench::tier
