// SPDX-License-Identifier: Apache-2.0
// Lossy forms: what an entry takes of a tier's budget, and what that does to the time of copies. A form is
// chosen before the entry enters a tier and stays until it leaves.
#include "cache/compression/encoded_tensor.h"
#include "cache/decision_engine.h"

namespace cachebench::cache {

using hardware::Resting;
using tier::Encoding;

void DecisionEngine::choose_form(EntryId id, Level level) {
  Tier& tier = at(level);
  Entry& entry = directory_[id];
  if (entry.copies.has(level)) return;  // stays what it is
  Encoding& form = entry.forms[index_of(level)];
  form = Encoding::kPlain;
  // What is larger or smaller than its shape says was resized, and is plain bytes.
  if (!tier.compression.is_on() || entry.what.meta.bytes() != entry.what.bytes) return;
  form = tier.compression.choose(entry.what.meta, count_at(level).used, tier.options.capacity);
}

Bytes DecisionEngine::charged(EntryId id, Level level) const {
  const Entry& entry = directory_[id];
  const Encoding form = entry.forms[index_of(level)];
  return form == Encoding::kPlain ? entry.what.bytes : stored_bytes(form, entry.what.meta);
}

Resting DecisionEngine::resting(EntryId id, Level level) const {
  return {.medium = tiers_[index_of(level)].options.medium,
          .bytes = charged(id, level),
          .form = static_cast<std::uint8_t>(directory_[id].forms[index_of(level)])};
}

Resting DecisionEngine::resting_once_there(EntryId id, Level level) const {
  const Entry& entry = directory_[id];
  if (entry.copies.has(level)) return resting(id, level);
  const Tier& tier = tiers_[index_of(level)];
  Resting there{.medium = tier.options.medium, .bytes = entry.what.bytes};
  if (!tier.compression.is_on() || entry.what.meta.bytes() != entry.what.bytes) return there;
  const Encoding form = tier.compression.expected(entry.what.meta);
  there.bytes = stored_bytes(form, entry.what.meta);
  there.form = static_cast<std::uint8_t>(form);
  return there;
}

void DecisionEngine::count_form(EntryId id, Level level) {
  if (directory_[id].forms[index_of(level)] == Encoding::kPlain) return;
  KindCounters& kind = count_kind(id);
  ++kind.compressed;
  kind.bytes_plain += directory_[id].what.bytes;
  kind.bytes_compressed += charged(id, level);
}

void DecisionEngine::hand_out(Move move) {
  const auto form_at = [&](Level level) {
    return level == Level::kNone ? Encoding::kPlain : directory_[move.id].forms[index_of(level)];
  };
  move.from_form = form_at(move.from);
  move.to_form = form_at(move.to);
  moves_.push_back(move);
}

Resting DecisionEngine::View::resting_of(Level level, Bytes bytes) const {
  const bool known = about_ != kNoEntry && engine_.directory_[about_].what.bytes == bytes;
  if (known) return engine_.resting_once_there(about_, level);
  return {.medium = engine_.tiers_[index_of(level)].options.medium, .bytes = bytes};
}

}  // namespace cachebench::cache
