// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/tensor_view.h"
#include "tier/encoding.h"
#include "tier/lossy/lossy.h"

/// Entries in the form that a tier keeps them in: sizes that follow from the shape alone, and what became of
/// a tensor on its way through forms. Pure functions and values; refusals are return values.
namespace cachebench::cache {

/// "plain", "fp16", "bf16", "int8" or "fp8-e4m3".
[[nodiscard]] std::string_view name_of(tier::Encoding encoding);
/// Nothing for kPlain.
[[nodiscard]] std::optional<tier::LossyFormat> format_of(tier::Encoding encoding);
[[nodiscard]] tier::Encoding encoding_of(tier::LossyFormat format);

/// Bytes of the entry in that form: exact, whatever its values.
[[nodiscard]] Bytes stored_bytes(tier::Encoding encoding, const TensorMeta& meta);
/// Whether the form takes fewer bytes and there is one for the element type.
[[nodiscard]] bool shrinks(tier::Encoding encoding, const TensorMeta& meta);

/// REQUIRES: `out` is stored_bytes long and `encoding` not kPlain. False when the values refuse the form.
[[nodiscard]] bool encode(tier::Encoding encoding, const TensorView& tensor, std::span<std::byte> out);
/// False when the sizes do not fit.
[[nodiscard]] bool decode(tier::Encoding encoding, std::span<const std::byte> in, const TensorMeta& meta,
                          std::span<std::byte> out);

/// How often an entry has passed each lossy form since it was put.
class Passes {
 public:
  void add(tier::Encoding encoding);
  [[nodiscard]] bool none() const;
  [[nodiscard]] unsigned of(tier::Encoding encoding) const {
    return counts_[static_cast<std::size_t>(encoding)];
  }
  /// How far an element may be from what was put: lossy_error_bound of every pass, and a quarter more for
  /// several, as each works on what the one before it made.
  [[nodiscard]] double bound(DType dtype, double value, double row_max) const;

 private:
  std::array<std::uint8_t, tier::kEncodings> counts_{};
};

/// Elements whose difference is larger than their passes allow; without passes, elements that differ at all.
/// NaNs and infinities have to be the same ones. REQUIRES: equal sizes.
[[nodiscard]] std::uint64_t count_beyond(const TensorView& expected, std::span<const std::byte> got,
                                         const Passes& passes);

/// How far any element of a tensor that came out of those passes may be from what was put.
[[nodiscard]] double largest_bound(const TensorView& decoded, const Passes& passes);

/// Differences between tensors of one shape, finite elements alone.
struct Difference {
  std::uint64_t compared = 0;
  double max_error = 0;
  double error_sum = 0;   ///< squared
  double square_sum = 0;  ///< of `expected`
};
[[nodiscard]] Difference difference(const TensorView& expected, std::span<const std::byte> got);

}  // namespace cachebench::cache
