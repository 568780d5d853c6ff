// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "policy/eviction.h"

/// Priority classes and quotas on top of any eviction policy. Each class is ranked by an instance of the
/// policy of its own, and the lowest class that has anything to give up names the victim: so an entry leaves
/// only when nothing of a lower class could. Kinds with a quota are ranked a second time, among themselves,
/// for the question who leaves when the kind has used its share up. Instances are made when they are first
/// needed; with one class and no quota it decides as the policy alone does. Thread-compatible; throws what
/// make_eviction throws.
namespace cachebench::cache {

/// 0 goes first. What is stored without a class has kNormalPriority.
using Priority = std::uint8_t;
inline constexpr Priority kPriorities = 4;
inline constexpr Priority kNormalPriority = 1;

class RankedEviction final : public policy::EvictionPolicy {
 public:
  using Kinds = std::array<bool, kArtefactKinds>;
  /// `with_quota`: the kinds that are ranked among themselves too.
  RankedEviction(NamedParameters policy, const policy::EvictionContext& context, const Kinds& with_quota);

  /// The class the entry has from its next insertion on.
  void set_priority(EntryId id, Priority priority);
  [[nodiscard]] Priority priority_of(EntryId id) const;

  void on_arrival(EntryId id, const policy::AccessInfo& access) override;
  void on_insert(EntryId id, const policy::AccessInfo& access) override;
  void on_hit(EntryId id, const policy::AccessInfo& access) override;
  void on_erase(EntryId id, policy::EraseReason reason) override;
  [[nodiscard]] EntryId victim(const policy::PinSet& pins) override;
  /// The same among entries of one kind. REQUIRES: a kind with a quota.
  [[nodiscard]] EntryId victim_of(ArtefactKind kind, const policy::PinSet& pins);
  void report_facts(std::map<std::string, double>& facts) const override;

 private:
  using Classes = std::array<std::unique_ptr<policy::EvictionPolicy>, kPriorities>;
  /// Where an entry is ranked; `kind` only for kinds with a quota.
  struct Place {
    Priority wanted = kNormalPriority;
    Priority priority = kNormalPriority;
    std::uint8_t kind = kNoKind;
  };
  static constexpr std::uint8_t kNoKind = 0xFF;

  Place& place_of(EntryId id);
  /// The instance that ranks `priority`, made when there is none.
  policy::EvictionPolicy& ranking(Classes& classes, Priority priority);
  [[nodiscard]] static EntryId lowest_victim(const Classes& classes, const policy::PinSet& pins);

  NamedParameters policy_;
  policy::EvictionContext context_;
  policy::EvictionContext context_of_kinds_;  ///< learns by itself: everything is told to it twice
  Kinds with_quota_;
  Classes classes_;
  std::array<Classes, kArtefactKinds> kinds_;
  std::vector<Place> places_;  ///< by id
};

}  // namespace cachebench::cache
