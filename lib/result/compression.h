// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What keeping entries in fewer bits came to, and what telling contents apart cost. Plain values;
/// thread-compatible. Sizes in `kinds` are those that decisions were made with, alike in both modes; all else
/// is measured, and only there where a run had bytes.
namespace cachebench::result {

/// Encoding and decoding of one kind of entry, by the clock of a core.
struct MeasuredCodec {
  std::uint64_t encoded = 0;  ///< entries stored smaller
  std::uint64_t declined =
      0;  ///< left as they were: their values have no place in the form, or nothing saved
  std::uint64_t plain_bytes = 0;
  std::uint64_t stored_bytes = 0;
  std::uint64_t declined_bytes = 0;
  std::int64_t encode_ns = 0;
  std::uint64_t decoded = 0;
  std::uint64_t decoded_bytes = 0;
  std::int64_t decode_ns = 0;
  std::uint64_t compared_elements = 0;  ///< for the errors; 0 where nothing is lossy
  double max_error = 0;                 ///< largest difference of an element
  double relative_error = 0;            ///< root of squared differences over squared elements

  [[nodiscard]] std::optional<double> ratio() const;              ///< stored over plain bytes
  [[nodiscard]] std::optional<double> encode_per_second() const;  ///< plain bytes
  [[nodiscard]] std::optional<double> decode_per_second() const;
  bool operator==(const MeasuredCodec&) const = default;
};

/// Entries of one kind that entered tiers in a lossy form, by decision.
struct CompressedKind {
  std::uint64_t entries = 0;  ///< counted each time one enters a tier
  std::uint64_t plain_bytes = 0;
  std::uint64_t charged_bytes = 0;
  std::optional<MeasuredCodec> lossy;     ///< real runs
  std::optional<MeasuredCodec> lossless;  ///< records of an SSD, real runs
  [[nodiscard]] std::optional<double> ratio() const;
  bool operator==(const CompressedKind&) const = default;
};

struct TierCompression {
  std::string tier;
  std::string form;  ///< as configured
  std::string when;  ///< "always" or "pressure"
  bool operator==(const TierCompression&) const = default;
};

struct Compression {
  std::vector<TierCompression> tiers;  ///< those that compress
  std::map<std::string, CompressedKind> kinds;
  bool operator==(const Compression&) const = default;
};

/// Hashing of contents of one kind, by the clock of a core.
struct MeasuredHashing {
  std::uint64_t contents = 0;
  std::uint64_t bytes = 0;
  std::int64_t time_ns = 0;
  [[nodiscard]] std::optional<double> bytes_per_second() const;
  bool operator==(const MeasuredHashing&) const = default;
};

/// Identity of contents: each text and image of a request is hashed before anything is looked up.
struct Hashing {
  std::string algorithm;
  std::uint64_t contents = 0;
  std::uint64_t bytes = 0;
  std::int64_t time_ns = 0;  ///< modelled, by the profile's rate
  /// Real runs, by kind of content: of the first contents, as many as are enough to know the rate.
  std::map<std::string, MeasuredHashing> measured{};
  bool operator==(const Hashing&) const = default;
};

}  // namespace cachebench::result
