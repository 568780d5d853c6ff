// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/tensor_view.h"
#include "core/units.h"
#include "tier/encoding.h"

/// Which lossy form an entry takes in a tier: decided from its shape, its element type and how full the tier
/// is by decision, so that a simulation and a real run decide alike. What would not become smaller stays as
/// it is. Values that a form has no place for (NaN and infinity in int8, for one) are known only where there
/// are bytes: such an entry is charged as if it had been encoded, and kept plain (docs/planes.md).
namespace cachebench::cache {

struct CompressionRule {
  enum class When : std::uint8_t { kAlways, kPressure };
  /// "none", a form, or "target": the form with the least error that reaches `ratio`.
  std::string format = "none";
  double ratio = 0.5;  ///< of stored to plain bytes, above 0 and at most 1
  When when = When::kAlways;
  double start = 0.9;  ///< pressure: share of the capacity in use from which on entries are compressed,
  double stop = 0.7;   ///< and the share at which that ends again
  bool operator==(const CompressionRule&) const = default;
};
[[nodiscard]] const char* name_of(CompressionRule::When when);
/// Whether `name` is one of the formats above.
[[nodiscard]] bool is_lossy_format(std::string_view name);

/// One tier's. Deterministic; one thread.
class CompressionPolicy {
 public:
  CompressionPolicy() = default;  ///< never compresses
  /// Throws Error{kUsage} for an unknown format, a ratio outside (0, 1], or marks that are not ordered.
  explicit CompressionPolicy(const CompressionRule& rule);

  [[nodiscard]] bool is_on() const { return on_; }
  /// Takes notice of how full the tier is, and says what form an entry that enters now takes.
  [[nodiscard]] tier::Encoding choose(const TensorMeta& meta, Bytes used, Bytes capacity);
  /// The form an entry would take as things stand.
  [[nodiscard]] tier::Encoding expected(const TensorMeta& meta) const;
  [[nodiscard]] bool under_pressure() const { return pressed_; }

 private:
  [[nodiscard]] tier::Encoding form_of(const TensorMeta& meta) const;

  CompressionRule rule_;
  bool on_ = false;
  bool pressed_ = false;
  tier::Encoding fixed_ = tier::Encoding::kPlain;  ///< kPlain: by target
};

}  // namespace cachebench::cache
