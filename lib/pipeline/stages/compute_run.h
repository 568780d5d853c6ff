// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/stages/inference_member.h"

/// Requests that are computed together: what the caches gave is gathered, images go through the tower,
/// prompts through the decoder in one pass each, then every step decodes a token of all that are under way.
/// Members leave when they end, and others may be admitted between two steps. What goes wrong with one ends
/// it alone.
///
/// Where the runner has no room for more keys and values and the context has a KvOffload, the least urgent
/// member makes room: its keys and values wait in the tiered cache until others have ended, and what the
/// cache gave up meanwhile is computed again. Where batches computed at the same time share the room
/// (KvRoom), a batch that got none waits for theirs, up to its requests' deadlines, and holds none meanwhile.
/// With neither, and for a member that has no room all alone, the request fails. Thread-compatible; borrows
/// context and members.
namespace cachebench::pipeline {

class ComputeRun {
 public:
  explicit ComputeRun(const InferenceContext& context);

  /// Up to their first tokens.
  void admit(std::span<InferenceMember* const> joining);
  /// One more token of each.
  void step();
  /// Members that have not ended.
  [[nodiscard]] std::size_t active() const { return running_.size() + waiting_.size(); }
  /// Nobody waits for room.
  [[nodiscard]] bool may_grow() const { return waiting_.empty(); }
  /// Ends all of them.
  void fail(const std::string& error);

 private:
  using Members = std::vector<InferenceMember*>;
  /// Runs `step` for each member that has not ended; what it throws ends that member.
  static void each(const Members& members, const std::function<void(InferenceMember&)>& step);
  static void drop_ended(Members& members);
  void gather_artefacts(InferenceMember& member);
  void gather_vision(InferenceMember& member, std::uint64_t run);
  void encode(const Members& members);
  void prefill(const Members& members);
  [[nodiscard]] model::PrefillItem item_of(InferenceMember& member) const;
  void count_pass(std::span<const model::PrefillItem> items, std::span<const model::PrefillOutcome> outcomes,
                  Nanoseconds took);
  void take_outputs(InferenceMember& member, model::PrefillOutcome& outcome);
  [[nodiscard]] Members decode(const Members& members);
  [[nodiscard]] bool others_run(const InferenceMember& but) const;
  [[nodiscard]] bool out_of_room(const std::optional<Error>& error) const;
  [[nodiscard]] bool others_hold() const { return room_ && !room_->was_alone(); }
  [[nodiscard]] bool take_turn();
  void settle_room();
  void park(InferenceMember& member);
  void resume();
  void fetch_parked(InferenceMember& member);

  const InferenceContext& context_;
  Members running_;
  Members waiting_;           // for room, not in the runner
  bool room_may_be_ = false;  // somebody has ended since somebody could not go on
  std::optional<KvRoom::Holder> room_;
};

}  // namespace cachebench::pipeline
