// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cache/copy.h"
#include "cache/decision_engine.h"
#include "core/tensor_view.h"

/// Carrying out decisions. The engine's moves are planned under its lock, in order and without I/O, and
/// started after it: so no lock is held across a copy, and the physical order follows from who reads what.
namespace cachebench::cache {

/// What became of the transfers, and what the planes say. Empty in a simulation.
struct TransferStats {
  std::uint64_t failures = 0;    ///< that failed for another reason than a checksum
  std::string first_failure;     ///< the first one's error
  std::uint64_t kept_aside = 0;  ///< copies that got no room on their plane and live in staging memory
  /// Copies that went up in a form, and were decoded by the plane they went to.
  std::uint64_t decoded_above = 0;
  std::vector<tier::PlaneStats> planes;
  tier::CodecUses lossy;  ///< entries that were kept in a lossy form
  KeptForms kept;         ///< those that an earlier process left, by their form
};

/// Work that a batch of moves leaves to do once the lock is released.
class PlannedTransfers {
 public:
  virtual ~PlannedTransfers() = default;
};

class Transfers {
 public:
  virtual ~Transfers() = default;
  /// Notes what the moves change. `content` holds the bytes of inserted entries: valid until `start` returns.
  /// Called under the manager's lock.
  [[nodiscard]] virtual std::unique_ptr<PlannedTransfers> plan(std::span<const Move> moves,
                                                               const Directory& directory,
                                                               const TensorView* content) = 0;
  /// Carries the work out, the insertions on this thread and the rest in the background. Never under a lock.
  virtual void start(std::unique_ptr<PlannedTransfers> planned) = 0;
  /// The same for a look-up whose caller is about to wait for `awaited`: that one's bytes go first.
  virtual void start_hit(std::unique_ptr<PlannedTransfers> planned, const CopyPtr& /*awaited*/) {
    start(std::move(planned));
  }
  /// The copy that the directory lists; null in a simulation. Called under the manager's lock.
  [[nodiscard]] virtual CopyPtr copy_at(EntryId id, Level level) const = 0;
  /// A hint that `copy_at` is about to be asked about the entry. Called under the manager's lock.
  virtual void expect(EntryId) const {}
  /// Takes in a copy left by an earlier process. Called under the manager's lock.
  virtual void adopt(EntryId id, Level level, CopyPtr copy) = 0;
  /// Blocks until nothing is under way and everything written has reached its medium.
  virtual void drain() = 0;
  [[nodiscard]] virtual TransferStats stats() const { return {}; }
};

/// A simulation's: entries carry no bytes.
class NullTransfers final : public Transfers {
 public:
  std::unique_ptr<PlannedTransfers> plan(std::span<const Move>, const Directory&,
                                         const TensorView*) override {
    return nullptr;
  }
  void start(std::unique_ptr<PlannedTransfers>) override {}
  [[nodiscard]] CopyPtr copy_at(EntryId, Level) const override { return nullptr; }
  void adopt(EntryId, Level, CopyPtr) override {}
  void drain() override {}
};

}  // namespace cachebench::cache
