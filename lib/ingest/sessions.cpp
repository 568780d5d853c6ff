// SPDX-License-Identifier: Apache-2.0
#include "ingest/sessions.h"

#include "core/check.h"

namespace cachebench::ingest {

Turn SessionFinder::next(std::span<const Key> prefixes) {
  CACHEBENCH_CHECK(!prefixes.empty(), "a request without messages");
  Turn turn{.session = sessions_};
  bool continues = false;
  for (std::size_t i = prefixes.size() - 1; i > 0 && !continues; --i) {
    const auto found = ends_.find(prefixes[i - 1]);
    if (found == ends_.end()) continue;
    turn = found->second.front();
    ++turn.turn;
    found->second.pop_front();
    if (found->second.empty()) ends_.erase(found);
    continues = true;
  }
  if (!continues) ++sessions_;
  remember(prefixes.back(), turn);
  return turn;
}

void SessionFinder::remember(const Key& end, const Turn& turn) {
  ends_[end].push_back(turn);
  order_.push_back(end);
  if (order_.size() <= kRemembered) return;
  if (const auto oldest = ends_.find(order_.front()); oldest != ends_.end()) {
    oldest->second.pop_front();
    if (oldest->second.empty()) ends_.erase(oldest);
  }
  order_.pop_front();
}

}  // namespace cachebench::ingest
