// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/tiered_bound.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "policy/offline/space_prices.h"

namespace cachebench::policy {
namespace {

constexpr std::size_t kStretches = 256;
// Prices are sought on a sample of about so many references; the bound itself is of all of them.
constexpr std::size_t kCoarseSample = 20'000;
constexpr std::size_t kFineSample = 200'000;
constexpr int kCycles = 3;      // of the search tier by tier
constexpr int kHalvings = 12;   // of the bracket of one price
constexpr int kWidenings = 24;  // until there is a bracket
constexpr int kFineRounds = 40;
constexpr double kRounding = 1e-9;  // sums of doubles are off by less than this share of them

/// What the dual problem says at given prices.
class Dual {
 public:
  Dual(const ReuseTable& table, const std::vector<Bytes>& capacities, Movement movement)
      : table_(table),
        stretches_(table.step(), kStretches),
        demand_(stretches_, table.tiers()),
        lowest_limit_(movement == Movement::kAnywhere ? table.tiers() - 1 : 0) {
    for (const Bytes capacity : capacities) {
      capacity_.push_back(static_cast<double>(capacity.value));
      limit_.push_back((limit_.empty() ? 0.0 : limit_.back()) + capacity_.back());
    }
  }

  [[nodiscard]] const Stretches& stretches() const { return stretches_; }
  [[nodiscard]] std::size_t tiers() const { return table_.tiers(); }
  /// The first of the limits that hold: those on tiers 1 to t, for all t from this on.
  [[nodiscard]] std::size_t lowest_limit() const { return lowest_limit_; }

  /// The bound at these prices, from about `sample` of the references. REQUIRES: `prices` settled.
  double value(const SpacePrices& prices, std::size_t sample) {
    demand_.clear();
    every_ = std::max<std::size_t>(1, table_.references().size() / std::max<std::size_t>(1, sample));
    double best = table_.requests() > 0 ? of_requests(prices) : of_accesses(prices);
    demand_.settle();
    best *= static_cast<double>(every_);
    for (std::size_t t = 0; t < tiers(); ++t) best += capacity_[t] * prices.whole(t);
    return best;
  }

  /// Of the last value: bytes times steps asked for by hits in tiers 1 to `tier`, and what these have.
  [[nodiscard]] double asked(std::size_t tier, std::size_t stretch) const {
    double sum = 0;
    for (std::size_t t = 0; t <= tier; ++t) sum += demand_.in(t, stretch);
    return sum * static_cast<double>(every_);
  }
  [[nodiscard]] double there_is(std::size_t tier, std::size_t stretch) const {
    return limit_[tier] * stretches_.length(stretch);
  }

 private:
  struct Offer {
    double net = kNotHeld;
    std::size_t tier = 0;
  };

  // Every request has the same chance of being in a sample, whatever period the trace has.
  [[nodiscard]] bool is_sampled(std::size_t i) const {
    return every_ == 1 || ((i * 0x9E3779B97F4A7C15ULL) >> 20U) % every_ == 0;
  }

  [[nodiscard]] Offer offer(const ReuseReference& reference, std::uint32_t step,
                            const SpacePrices& prices) const {
    Offer best;
    if (reference.since == kNoStep) return best;
    const auto bytes = static_cast<double>(reference.bytes);
    for (std::size_t t = 0; t < capacity_.size(); ++t) {
      if (bytes > capacity_[t]) continue;
      const double net =
          static_cast<double>(reference.saved[t]) - bytes * prices.over(t, reference.since, step);
      if (net > best.net) best = {.net = net, .tier = t};
    }
    return best;
  }

  double of_accesses(const SpacePrices& prices) {
    double sum = 0;
    const std::vector<ReuseReference>& references = table_.references();
    for (std::size_t i = 0; i < references.size(); ++i) {
      if (!is_sampled(i)) continue;
      const std::uint32_t step = table_.first_step() + static_cast<std::uint32_t>(i);
      const Offer best = offer(references[i], step, prices);
      if (best.net <= 0) continue;
      sum += best.net;
      demand_.add(best.tier, references[i].since, step, static_cast<double>(references[i].bytes));
    }
    return sum;
  }

  double of_requests(const SpacePrices& prices) {
    double sum = 0;
    for (std::size_t r = 0; r < table_.requests(); ++r) {
      if (!is_sampled(r)) continue;
      const ReuseTable::RequestView request = table_.request(r);
      const std::span<Choice> choices = choice_.start(request.references.size(), request.chain);
      tier_.resize(choices.size());
      for (std::size_t i = 0; i < choices.size(); ++i) {
        const ReuseReference& reference = request.references[i];
        const Offer best = offer(reference, request.step, prices);
        tier_[i] = best.tier;
        choices[i] = {.net = best.net,
                      .value = static_cast<double>(reference.value),
                      .needs = needs_of(reference),
                      .covers = covers_of(reference)};
      }
      sum += choice_.solve();
      for (std::size_t i = 0; i < choices.size(); ++i) {
        const ReuseReference& reference = request.references[i];
        if (!choice_.is_hit(i)) continue;
        demand_.add(tier_[i], reference.since, request.step, static_cast<double>(reference.bytes));
      }
    }
    return sum;
  }

  const ReuseTable& table_;
  Stretches stretches_;
  SpaceDemand demand_;
  std::size_t lowest_limit_;
  std::vector<double> capacity_;
  std::vector<double> limit_;  // of tiers 1 to t together
  std::size_t every_ = 1;
  RequestChoice choice_;
  std::vector<std::size_t> tier_;
};

/// One price a limit for all time: coordinate by coordinate, each by halving, as the dual is convex.
class CoarseSearch {
 public:
  CoarseSearch(Dual& dual, double typical_price)
      : dual_(dual), typical_(typical_price), prices_(dual.stretches(), dual.tiers()) {}

  SpacePrices run() {
    std::vector<double> price(dual_.tiers(), 0.0);
    for (int cycle = 0; cycle < kCycles; ++cycle) {
      for (std::size_t t = dual_.tiers(); t-- > dual_.lowest_limit();) {
        price[t] = best_price(t, price[t]);
        prices_.set_all(t, price[t]);
      }
    }
    prices_.settle();
    return prices_;
  }

 private:
  // More is asked for than there is: the price is too low.
  bool is_scarce(std::size_t tier, double price) {
    prices_.set_all(tier, price);
    prices_.settle();
    static_cast<void>(dual_.value(prices_, kCoarseSample));
    double excess = 0;
    for (std::size_t s = 0; s < dual_.stretches().count(); ++s) {
      excess += dual_.asked(tier, s) - dual_.there_is(tier, s);
    }
    return excess > 0;
  }

  double best_price(std::size_t tier, double start) {
    if (!is_scarce(tier, 0)) return 0;
    double low = start > 0 ? start : typical_;
    double high = low;
    if (is_scarce(tier, low)) {
      for (int i = 0; i < kWidenings && is_scarce(tier, high *= 4); ++i) low = high;
    } else {
      for (int i = 0; i < kWidenings && !is_scarce(tier, low /= 4); ++i) high = low;
    }
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = std::sqrt(low * high);
      (is_scarce(tier, middle) ? low : high) = middle;
    }
    return high;
  }

  Dual& dual_;
  double typical_;
  SpacePrices prices_;
};

/// A price for every stretch: dearer where more is asked for than there is, cheaper where less; the best
/// kept.
SpacePrices refine(Dual& dual, const SpacePrices& start, double typical_price) {
  SpacePrices prices = start;
  // A price of 0 would stay so: space may be scarce at times even where there is enough on average.
  double least = typical_price;
  for (std::size_t t = 0; t < dual.tiers(); ++t) least = std::max(least, start.own(t, 0));
  for (std::size_t t = dual.lowest_limit(); t < dual.tiers(); ++t) {
    for (std::size_t s = 0; s < dual.stretches().count(); ++s) {
      prices.own(t, s) = std::max(prices.own(t, s), least * 1e-3);
    }
  }
  SpacePrices best = start;
  double best_value = dual.value(start, kFineSample);
  for (int round = 0; round < kFineRounds; ++round) {
    prices.settle();
    const double value = dual.value(prices, kFineSample);
    if (value < best_value) {
      best_value = value;
      best = prices;
    }
    const double pace = 0.6 / (1.0 + 0.15 * static_cast<double>(round));
    for (std::size_t t = dual.lowest_limit(); t < dual.tiers(); ++t) {
      for (std::size_t s = 0; s < dual.stretches().count(); ++s) {
        const double there_is = dual.there_is(t, s);
        if (there_is <= 0) continue;
        const double excess = std::min(dual.asked(t, s) / there_is - 1.0, 1.5);
        prices.own(t, s) *= 1.0 + pace * excess;
      }
    }
  }
  return best;
}

// Time saved per byte and step, over all references: where the search for a price begins.
double typical_price(const ReuseTable& table) {
  double saved = 0;
  double area = 0;
  for (std::size_t i = 0; i < table.references().size(); ++i) {
    const ReuseReference& reference = table.references()[i];
    if (reference.since == kNoStep) continue;
    saved += static_cast<double>(reference.value);
    area += static_cast<double>(reference.bytes) * static_cast<double>(table.step());
  }
  return area > 0 ? saved / area : 1.0;
}

}  // namespace

TieredBound tiered_bound(const ReuseTable& table, const std::vector<Bytes>& capacities, Movement movement) {
  CACHEBENCH_CHECK(capacities.size() == table.tiers(), "{} capacities for {} tiers", capacities.size(),
                   table.tiers());
  TieredBound bound{.saved_ns = table.infinite_saved_ns(), .worth_ns_per_byte = {}};
  if (bound.saved_ns <= 0) return bound;
  Dual dual(table, capacities, movement);
  const double typical = typical_price(table);
  const SpacePrices coarse = CoarseSearch(dual, typical).run();
  const SpacePrices fine = refine(dual, coarse, typical);
  const std::size_t all = table.references().size();
  for (const SpacePrices* prices : {&coarse, &fine}) {
    const double value = std::ceil(dual.value(*prices, all) * (1.0 + kRounding));
    if (value >= static_cast<double>(bound.saved_ns)) continue;
    bound.saved_ns = static_cast<std::int64_t>(value);
    for (std::size_t t = 0; t < table.tiers(); ++t) bound.worth_ns_per_byte[t] = prices->whole(t);
  }
  return bound;
}

}  // namespace cachebench::policy
