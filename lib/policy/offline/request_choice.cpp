// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/request_choice.h"

#include <algorithm>

namespace cachebench::policy {

std::span<Choice> RequestChoice::start(std::size_t artefacts, std::size_t chain) {
  items_.assign(artefacts, Choice{});
  chain_ = chain;
  return items_;
}

double RequestChoice::hit_and_after(std::size_t i) const {
  const Choice& item = items_[i];
  switch (item.covers) {
    case Covers::kNothing:
      return item.net + best_[i + 1];
    case Covers::kNext:
      return i + 1 < items_.size() ? item.net + items_[i + 1].value + best_[i + 2] : item.net;
    case Covers::kRest:
      return item.net + all_[i + 1];
  }
  return kNotHeld;
}

double RequestChoice::solve_rest(std::uint32_t blocks) {
  const std::size_t count = items_.size();
  best_.resize(count + 2);
  best_[count] = best_[count + 1] = 0;
  for (std::size_t i = count; i-- > chain_;) {
    const bool covered = items_[i].needs <= blocks;
    best_[i] = covered ? items_[i].value + best_[i + 1] : std::max(best_[i + 1], hit_and_after(i));
  }
  return best_[chain_];
}

// Repeats the decisions of solve_rest, front to back.
void RequestChoice::mark_rest(std::uint32_t blocks) {
  for (std::size_t i = chain_; i < items_.size(); ++i) {
    if (items_[i].needs <= blocks || hit_and_after(i) <= best_[i + 1]) continue;
    hit_[i] = 1;
    if (items_[i].covers == Covers::kRest) return;
    if (items_[i].covers == Covers::kNext) ++i;
  }
}

double RequestChoice::solve() {
  const std::size_t count = items_.size();
  hit_.assign(count, 0);
  all_.resize(count + 1);
  all_[count] = 0;
  for (std::size_t i = count; i-- > chain_;) all_[i] = all_[i + 1] + items_[i].value;
  std::uint32_t longest = 0;
  while (longest < chain_ && items_[longest].net != kNotHeld) ++longest;
  steps_.assign(1, 0);
  for (std::size_t i = chain_; i < count; ++i) {
    if (items_[i].needs <= longest) steps_.push_back(items_[i].needs);
  }
  std::sort(steps_.begin(), steps_.end());
  double best = 0;
  std::uint32_t best_run = 0;
  double run = 0;  // net worth of the first `blocks` blocks
  std::uint32_t blocks = 0;
  for (std::size_t k = 0; k < steps_.size(); ++k) {
    const std::uint32_t until = k + 1 < steps_.size() ? steps_[k + 1] : longest + 1;
    if (until == steps_[k]) continue;
    const double rest = solve_rest(steps_[k]);
    for (;; ++blocks) {
      if (run + rest > best) {
        best = run + rest;
        best_run = blocks;
      }
      if (blocks == longest) break;
      run += items_[blocks].net;
      if (blocks + 1 == until) {
        ++blocks;
        break;
      }
    }
  }
  std::fill_n(hit_.begin(), best_run, std::uint8_t{1});
  static_cast<void>(solve_rest(best_run));
  mark_rest(best_run);
  return best;
}

}  // namespace cachebench::policy
