// SPDX-License-Identifier: Apache-2.0
#include "policy/reuse_model.h"

#include <algorithm>
#include <bit>

namespace cachebench::policy {
namespace {

constexpr std::uint64_t kFirstRefresh = 2'048;  // accesses between refreshes, at least,
constexpr std::uint64_t kRefreshShare = 64;     // and one of so many of the history
constexpr std::size_t kMaxSlots = 128;
constexpr double kPriorHazard = 0.05;  // of a half octave, before anything is known
constexpr double kCommonWeight = 5;    // entries that a prior counts as
constexpr double kFamilyWeight = 20;
constexpr double kClassWeight = 50;
constexpr double kScaleWeight = 5;  // reuses that a scale of 1 counts as
constexpr double kMaxHazard = 0.9;
constexpr double kSmoothing = 0.3;  // share of each neighbour
constexpr int kSmoothings = 2;
constexpr double kGone = 1e-4;  // survival below which nothing further counts

template <typename Curve>
Curve smoothed(Curve curve) {
  for (int pass = 0; pass < kSmoothings; ++pass) {
    const Curve before = curve;
    for (std::size_t i = 0; i < curve.size(); ++i) {
      const double left = before[i == 0 ? 0 : i - 1];
      const double right = before[std::min(i + 1, curve.size() - 1)];
      curve[i] = (1 - 2 * kSmoothing) * before[i] + kSmoothing * (left + right);
    }
  }
  return curve;
}

// Few uses are told apart, many are not.
std::uint32_t uses_band(std::uint32_t uses) {
  if (uses <= 3) return uses;
  if (uses == 4) return 3;
  if (uses <= 8) return 4;
  return uses <= 16 ? 5 : 6;
}

}  // namespace

std::size_t ReuseModel::age_bin(std::uint64_t age) {
  if (age < 2) return static_cast<std::size_t>(age);
  const auto octave = static_cast<std::size_t>(std::bit_width(age)) - 1;
  return std::min(kAges - 1, 2 * octave + (age >> (octave - 1) & 1));
}

std::uint64_t ReuseModel::first_age(std::size_t bin) {
  if (bin < 2) return bin;
  return std::uint64_t{2 + bin % 2} << (bin / 2 - 1);
}

std::uint16_t ReuseModel::class_of(const AccessInfo& access, std::uint32_t uses) {
  // A block with image rows in it comes back as one without.
  const ArtefactKind kind =
      access.kind == ArtefactKind::kCrossModalAttention ? ArtefactKind::kKvBlock : access.kind;
  const auto octave = static_cast<std::uint32_t>(std::bit_width(access.bytes.value));
  const std::uint32_t family =
      (options_.by_kind ? static_cast<std::uint32_t>(kind) << 8 : 0) | (options_.by_size ? octave : 0);
  const std::uint32_t name = family << 8 | (options_.by_uses ? uses_band(uses) : 0);
  const auto [known, is_new] = class_index_.try_emplace(name, static_cast<std::uint16_t>(classes_.size()));
  if (is_new) {
    Class& klass = classes_.emplace_back();
    klass.waiting.resize(slot_ends_.size() + 1);
    const auto [found, is_first] = family_index_.try_emplace(family, families_.size());
    if (is_first) families_.emplace_back();
    klass.family = found->second;
    if (refreshes_ == 0) common_.fill(kPriorHazard);
    if (is_first) families_.back().hazard = common_;
    solve(klass);
  }
  return known->second;
}

std::size_t ReuseModel::slot_of(std::uint64_t time) const {
  return static_cast<std::size_t>(std::lower_bound(slot_ends_.begin(), slot_ends_.end(), time) -
                                  slot_ends_.begin());
}

void ReuseModel::count_reuse(std::uint16_t klass, std::uint64_t last_use, std::uint64_t gap) {
  Class& counted = classes_[klass];
  counted.reuses[age_bin(gap)] += 1;
  float& waiting = counted.waiting[slot_of(last_use)];
  waiting = std::max(0.0F, waiting - 1);
}

void ReuseModel::learn(EntryId id, const AccessInfo& access) {
  const std::size_t index = index_of(id);
  if (index >= standings_.size()) [[unlikely]]
    standings_.resize(std::max(index + 1, 2 * standings_.size()));
  now_ = std::max(now_, access.sequence);
  const Standing before = standings_[index];
  const bool told = access.uses != 0;
  const std::uint64_t last_use = told ? access.last_use : access.sequence;
  if (before.uses != 0 && before.last_use == last_use) return;
  const std::uint32_t uses = told ? access.uses : before.uses + 1;
  const std::uint64_t gap = told ? access.last_gap : last_use - before.last_use;
  if (uses > 1 && gap <= last_use) {
    const std::uint16_t klass = class_of(access, uses - 1);
    const bool seen = before.uses != 0 && before.last_use == last_use - gap;
    if (!seen) classes_[klass].waiting[slot_of(last_use - gap)] += 1;
    count_reuse(klass, last_use - gap, gap);
  }
  const std::uint16_t klass = class_of(access, uses);
  classes_[klass].waiting[slot_of(last_use)] += 1;
  standings_[index] = {.last_use = last_use, .uses = uses, .klass = klass};
  if (now_ >= next_refresh_) refresh();
}

void ReuseModel::refresh() {
  close_slot();
  pool();
  for (Class& klass : classes_) solve(klass);
  ++refreshes_;
  next_refresh_ = now_ + std::max(kFirstRefresh, now_ / kRefreshShare);
}

void ReuseModel::close_slot() {
  if (!slot_ends_.empty() && slot_ends_.back() >= now_) return;
  slot_ends_.push_back(now_);
  for (Class& klass : classes_) klass.waiting.push_back(0);
  if (slot_ends_.size() > kMaxSlots) halve_slots();
}

// Joins neighbours, the open slot apart.
void ReuseModel::halve_slots() {
  const std::size_t closed = slot_ends_.size();
  const std::size_t left = (closed + 1) / 2;
  for (Class& klass : classes_) {
    for (std::size_t i = 0; i < left; ++i) {
      const float second = 2 * i + 1 < closed ? klass.waiting[2 * i + 1] : 0;
      klass.waiting[i] = klass.waiting[2 * i] + second;
    }
    klass.waiting[left] = klass.waiting[closed];
    klass.waiting.resize(left + 1);
  }
  for (std::size_t i = 0; i < left; ++i) slot_ends_[i] = slot_ends_[std::min(2 * i + 1, closed - 1)];
  slot_ends_.resize(left);
}

// By age: entries that got that old, half of those that stopped at it counted.
ReuseModel::Curve ReuseModel::exposed(const Class& klass) const {
  Curve waiting{};
  for (std::size_t i = 0; i < klass.waiting.size(); ++i) {
    const std::uint64_t begin = i == 0 ? 0 : slot_ends_[i - 1];
    const std::uint64_t end = i < slot_ends_.size() ? slot_ends_[i] : now_;
    waiting[age_bin(now_ - (begin + (end - begin) / 2))] += static_cast<double>(klass.waiting[i]);
  }
  Curve result{};
  double older = 0;
  for (std::size_t age = kAges; age-- > 0;) {
    result[age] = older + klass.reuses[age] + waiting[age] / 2;
    older += klass.reuses[age] + waiting[age];
  }
  return result;
}

void ReuseModel::pool() {
  Curve reuses{};
  Curve entries{};
  for (Family& family : families_) family = {};
  for (const Class& klass : classes_) {
    const Curve at_risk = exposed(klass);
    Family& family = families_[klass.family];
    for (std::size_t i = 0; i < kAges; ++i) {
      reuses[i] += klass.reuses[i];
      entries[i] += at_risk[i];
      family.reuses[i] += klass.reuses[i];
      family.exposed[i] += at_risk[i];
    }
  }
  reuses = smoothed(reuses);
  entries = smoothed(entries);
  for (std::size_t i = 0; i < kAges; ++i) {
    const double prior = i == 0 ? kPriorHazard : common_[i - 1];
    common_[i] = std::min(kMaxHazard, (reuses[i] + kCommonWeight * prior) / (entries[i] + kCommonWeight));
  }
  for (Family& family : families_) {
    double expected = kScaleWeight;
    double seen = kScaleWeight;
    for (std::size_t i = 0; i < kAges; ++i) {
      expected += family.exposed[i] * common_[i];
      seen += family.reuses[i];
    }
    const Curve hits = smoothed(family.reuses);
    const Curve at_risk = smoothed(family.exposed);
    for (std::size_t i = 0; i < kAges; ++i) {
      const double prior = seen / expected * common_[i];
      family.hazard[i] =
          std::min(kMaxHazard, (hits[i] + kFamilyWeight * prior) / (at_risk[i] + kFamilyWeight));
    }
  }
}

void ReuseModel::solve(Class& klass) {
  const Family& family = families_[klass.family];
  const Curve raw = exposed(klass);
  double expected = kScaleWeight;
  double seen = kScaleWeight;
  for (std::size_t i = 0; i < kAges; ++i) {
    expected += raw[i] * family.hazard[i];
    seen += klass.reuses[i];
  }
  const Curve at_risk = smoothed(raw);
  const Curve hits = smoothed(klass.reuses);
  for (std::size_t i = 0; i < kAges; ++i) {
    const double prior = std::min(kMaxHazard, seen / expected * family.hazard[i]);
    klass.hazard[i] = std::min(kMaxHazard, (hits[i] + kClassWeight * prior) / (at_risk[i] + kClassWeight));
  }
  for (std::size_t from = 0; from < kAges; ++from) {
    double survival = 1;
    double reuses = 0;
    double time = 0;
    double best = 0;
    for (std::size_t i = from; i < kAges && survival > kGone; ++i) {
      const auto width = static_cast<double>(first_age(i + 1) - first_age(i));
      reuses += survival * klass.hazard[i];
      time += survival * width * (1 - klass.hazard[i] / 2);
      survival *= 1 - klass.hazard[i];
      best = std::max(best, reuses / time);
    }
    klass.density[from] = best;
  }
}

double ReuseModel::probability(const Standing& standing, std::uint64_t horizon) const {
  const std::uint64_t age = now_ > standing.last_use ? now_ - standing.last_use : 0;
  const Class& klass = classes_[standing.klass];
  double survival = 1;
  for (std::size_t i = age_bin(age); i < kAges; ++i) {
    const std::uint64_t begin = std::max(age, first_age(i));
    if (begin >= age + horizon) break;
    const std::uint64_t end = std::min(age + horizon, first_age(i + 1));
    const double share =
        static_cast<double>(end - begin) / static_cast<double>(first_age(i + 1) - first_age(i));
    survival *= 1 - klass.hazard[i] * share;
  }
  return 1 - survival;
}

std::shared_ptr<ReuseModel> SharedLearning::reuse_model(const ReuseOptions& options) {
  std::shared_ptr<ReuseModel>& model = models_[options];
  if (!model) model = std::make_shared<ReuseModel>(options);
  return model;
}

}  // namespace cachebench::policy
