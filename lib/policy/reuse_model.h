// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "core/ids.h"
#include "policy/access_info.h"

/// When entries come back, learnt from when others of their class did. A class is an artefact kind, a number
/// of earlier uses and, where asked for, an octave of size. For each class the hazard of a reuse is counted
/// by age, in half octaves of accesses since the last use: reuses over those that got that old, entries never
/// asked for again included, so that nothing depends on what a policy kept. Sparse counts lean on the class's
/// family (all numbers of uses) and that on all classes, both scaled to the reuses seen. From the hazards
/// follows the *density* of an entry: the most reuses per access of residence that keeping it from now on,
/// for the best span of time, is expected to bring (a Gittins index; Gittins 1979). Tables are computed anew
/// as history grows. O(1) a use, apart from that; 16 bytes an id. One thread; IEEE arithmetic only. Nothing
/// throws.
namespace cachebench::policy {

/// What classes are told apart by; for ablation.
struct ReuseOptions {
  bool by_kind = true;
  bool by_size = false;
  bool by_uses = true;
  bool by_age = true;  ///< off: the density of an entry just used, whatever its age
  auto operator<=>(const ReuseOptions&) const = default;
};

class ReuseModel {
 public:
  static constexpr std::size_t kAges = 48;  ///< half octaves; the last takes everything older

  explicit ReuseModel(ReuseOptions options) : options_(options) {}

  /// What is known of one entry.
  struct Standing {
    std::uint64_t last_use = 0;
    std::uint32_t uses = 0;  ///< 0: never told of it
    std::uint16_t klass = 0;
  };

  /// An entry was used or has moved. A use told twice counts once; where `uses` is not told, every call with
  /// another `sequence` is one.
  void learn(EntryId id, const AccessInfo& access);
  [[nodiscard]] Standing standing(EntryId id) const {
    return index_of(id) < standings_.size() ? standings_[index_of(id)] : Standing{};
  }
  /// Expected reuses per access of residence.
  [[nodiscard]] double density(const Standing& standing) const {
    const std::uint64_t age = options_.by_age && now_ > standing.last_use ? now_ - standing.last_use : 0;
    return classes_[standing.klass].density[age_bin(age)];
  }
  /// The probability of a reuse within the next `horizon` accesses.
  [[nodiscard]] double probability(const Standing& standing, std::uint64_t horizon) const;

  [[nodiscard]] std::uint64_t now() const { return now_; }
  [[nodiscard]] std::size_t classes() const { return classes_.size(); }
  [[nodiscard]] std::uint64_t refreshes() const { return refreshes_; }

  /// Half octave of an age, and the first age of one.
  [[nodiscard]] static std::size_t age_bin(std::uint64_t age);
  [[nodiscard]] static std::uint64_t first_age(std::size_t bin);

 private:
  using Curve = std::array<double, kAges>;
  struct Class {
    Curve reuses{};
    Curve hazard{};
    Curve density{};
    std::vector<float> waiting;  // by slot of time: entries used last then, not used again
    std::size_t family = 0;
  };
  struct Family {
    Curve reuses{};
    Curve exposed{};
    Curve hazard{};
  };

  [[nodiscard]] std::uint16_t class_of(const AccessInfo& access, std::uint32_t uses);
  [[nodiscard]] std::size_t slot_of(std::uint64_t time) const;
  void count_reuse(std::uint16_t klass, std::uint64_t last_use, std::uint64_t gap);
  void refresh();
  void close_slot();
  void halve_slots();
  [[nodiscard]] Curve exposed(const Class& klass) const;
  void pool();
  void solve(Class& klass);

  ReuseOptions options_;
  std::vector<Standing> standings_;  // by id
  std::vector<Class> classes_;
  std::vector<Family> families_;
  std::map<std::uint32_t, std::uint16_t> class_index_;
  std::map<std::uint32_t, std::size_t> family_index_;
  std::vector<std::uint64_t> slot_ends_;  // slots of time, all but the open one
  Curve common_{};                        // hazard of all classes together
  std::uint64_t now_ = 0;
  std::uint64_t next_refresh_ = 0;
  std::uint64_t refreshes_ = 0;
};

/// What the policies of the tiers of one cache learn together: the first tier sees uses that the lower ones
/// do not. Owned by the cache, shared with its policies.
class SharedLearning {
 public:
  /// The model with these options, one for all who ask.
  [[nodiscard]] std::shared_ptr<ReuseModel> reuse_model(const ReuseOptions& options);

 private:
  std::map<ReuseOptions, std::shared_ptr<ReuseModel>> models_;
};

}  // namespace cachebench::policy
