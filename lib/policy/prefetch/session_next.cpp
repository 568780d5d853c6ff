// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <queue>
#include <unordered_map>

#include "policy/prefetch.h"

namespace cachebench::policy {
namespace {

/// The next turn of a session uses what its last turn used. Once a session has had two turns it is expected
/// back after the mean number of requests between them, and what its last turn used is proposed `lead`
/// requests before that, front of the prefix first. Each session is proposed once a turn. Requests without
/// sessions are passed over. O(log sessions) a request and what is proposed.
class SessionNext final : public PrefetchPolicy {
 public:
  explicit SessionNext(const Parameters& p)
      : lead_(static_cast<std::uint64_t>(p.get("lead"))), most_(static_cast<std::size_t>(p.get("entries"))) {}

  void on_access(EntryId id, const AccessInfo& access) override {
    if (access.request.session == 0) return;
    Session& session = sessions_[access.request.session];
    if (!session.known || session.last != access.request.sequence)
      begin_turn(session, access.request.sequence);
    if (session.used.size() < most_) session.used.push_back(id);
  }

  void propose(const RequestInfo& request, std::vector<EntryId>& out) override {
    if (const auto own = sessions_.find(request.session); own != sessions_.end() && own->second.gap > 0) {
      due_.push({.at = request.sequence + static_cast<std::uint64_t>(own->second.gap),
                 .session = request.session,
                 .turn = own->second.last});
    }
    while (!due_.empty() && due_.top().at <= request.sequence + lead_) {
      const Due due = due_.top();
      due_.pop();
      const auto found = sessions_.find(due.session);
      if (found == sessions_.end() || found->second.last != due.turn) continue;  // it has been back since
      if (due.session == request.session) continue;                              // it has just used them
      out.insert(out.end(), found->second.used.begin(), found->second.used.end());
      found->second.used = {};
      ++proposed_;
    }
  }
  void report_facts(std::map<std::string, double>& facts) const override {
    facts["sessions_proposed"] = proposed_;
    facts["mean_gap_requests"] = mean_gap_;
  }

 private:
  static constexpr double kNewest = 1.0 / 16;  // weight in running means
  struct Session {
    bool known = false;
    std::uint64_t last = 0;  // number of its last request
    double gap = 0;          // requests between its turns, 0 = unknown
    std::vector<EntryId> used;
  };
  struct Due {
    std::uint64_t at;
    std::uint64_t session;
    std::uint64_t turn;
    bool operator<(const Due& other) const { return at != other.at ? at > other.at : turn > other.turn; }
  };

  void begin_turn(Session& session, std::uint64_t sequence) {
    if (session.known && sequence > session.last) {
      const auto gap = static_cast<double>(sequence - session.last);
      session.gap = session.gap == 0 ? gap : session.gap + (gap - session.gap) / 2;
      mean_gap_ += kNewest * (gap - mean_gap_);
    }
    session.known = true;
    session.last = sequence;
    session.used.clear();
  }

  std::uint64_t lead_;
  std::size_t most_;
  std::unordered_map<std::uint64_t, Session> sessions_;
  std::priority_queue<Due> due_;
  double mean_gap_ = 64;
  double proposed_ = 0;
};

CACHEBENCH_REGISTER(PrefetchDescriptor,
                    {.name = "session-next",
                     .summary = "what a session's last turn used, shortly before its next turn is expected",
                     .source = "ours",
                     .parameters = {{"lead", 8, 0, 1e6, "requests before the expected turn"},
                                    {"entries", 256, 1, 1e6, "most entries of a session"}},
                     .make = [](const Parameters& parameters) {
                       return std::make_unique<SessionNext>(parameters);
                     }});

}  // namespace
}  // namespace cachebench::policy
