// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "cache/decision_engine.h"
#include "core/hamming.h"

/// Who stands beside a cache's directory: hears of what enters and leaves it, and may name a resident entry
/// that serves in place of a missing one. The manager calls it under its lock, so an implementation needs no
/// lock for what these calls alone touch, and must not call the manager. It outlives its attachment. What is
/// thrown here reaches whoever called the manager, before anything was decided.
namespace cachebench::cache {

/// What is known of a content beside its identity: what tells like contents. Only entries of one kind and one
/// space are compared.
struct ContentTraits {
  std::optional<std::uint64_t> text_code{};   ///< SimHash
  std::optional<std::uint64_t> image_code{};  ///< pHash
  std::optional<FineCode> image_fine{};       ///< of the same picture, for a second look
  std::span<const float> embedding{};         ///< empty: none; read during the call
  std::uint64_t space = 0;                    ///< for whom it was computed: model, settings, element type
  [[nodiscard]] bool none() const { return !text_code && !image_code && embedding.empty(); }
};

/// A resident entry of like content.
struct StandIn {
  EntryId id = kNoEntry;
  double score = 0;  ///< of likeness, 0 to 1
};

class Companion {
 public:
  virtual ~Companion() = default;
  /// Nothing holds `asked`: who serves in its place? One that `engine.can_stand_in`.
  [[nodiscard]] virtual std::optional<StandIn> stand_in(EntryId asked, const ContentTraits& traits,
                                                        const DecisionEngine& engine) = 0;
  /// A look-up of `id` was a miss.
  virtual void missed(EntryId id, const DecisionEngine& engine) = 0;
  /// `id` is about to be stored, unless it is refused; kNoEntry once that is over.
  virtual void offered(EntryId id, const ContentTraits& traits) = 0;
  /// It was stored.
  virtual void entered(EntryId id, const DecisionEngine& engine) = 0;
  /// It was given up because somebody said so: `left` follows.
  virtual void erased(EntryId id) = 0;
  /// The last copy is gone; `absent` of its entry says why. May be said twice.
  virtual void left(EntryId id, const DecisionEngine& engine) = 0;
};

}  // namespace cachebench::cache
