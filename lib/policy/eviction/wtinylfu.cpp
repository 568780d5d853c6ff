// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy/byte_queues.h"
#include "policy/count_min_sketch.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/segmented_lru.h"

namespace cachebench::policy {
namespace {

/// A small LRU window before a segmented LRU: what leaves the window enters the main part only if a sketch
/// has counted it more often than what it would replace there. The sketch is made for as many entries as fit
/// at the smallest size seen, and ages by halving. O(rows of the sketch) amortised, 16 bytes an id and 29 an
/// entry that fits.
class WTinyLfu final : public EvictionPolicy {
 public:
  WTinyLfu(const EvictionContext& context, const Parameters& parameters)
      : capacity_(context.capacity.value),
        window_ratio_(parameters.get("window_ratio")),
        protected_ratio_(parameters.get("protected_ratio")),
        sample_factor_(static_cast<std::uint64_t>(parameters.get("sample_factor"))),
        queues_(context.expected_entries),
        main_(queues_, kProbation, {0, 0}) {}

  void on_insert(EntryId id, const AccessInfo& access) override {
    fit_sizes(access.bytes.value);
    queues_.push_front(kWindow, id, access.bytes);
    sketch_.add(id);
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    const unsigned queue = queues_.queue_of(id);
    if (queue == kWindow || queue == kLeaving) {
      if (queue == kLeaving) sketch_.add(id);  // as if it had left and come back
      queues_.move_to_front(kWindow, id);
      queues_.resize(id, access.bytes);
      return;
    }
    main_.on_hit(id, access.bytes);
    if (queue == kProbation) {
      while (main_.overflows()) queues_.move_to_front(kLeaving, queues_.back(kProbation));
    }
    sketch_.add(id);
    if (++counted_ < period_) return;
    counted_ = 0;
    sketch_.halve();
  }
  void on_erase(EntryId id, EraseReason) override { queues_.erase(id); }

  EntryId victim(const PinSet& pins) override {
    const EntryId leaving = queues_.last_unpinned(kLeaving, pins);
    if (leaving != kNoEntry) return leaving;
    decide(pins);
    return queues_.last_unpinned(kLeaving, pins);
  }
  void prefetch(EntryId id) const { queues_.prefetch(id); }

 private:
  static constexpr unsigned kWindow = 1;
  static constexpr unsigned kLeaving = 2;    // decided, and not yet asked for
  static constexpr unsigned kProbation = 3;  // and the protected segment after it
  static constexpr std::uint64_t kMostEntries = std::uint64_t{1} << 20U;

  // Empties the window, oldest first, until one of its entries has to leave: into the main part where there
  // is room or where it beats those whose place it takes.
  void decide(const PinSet& pins) {
    EntryId candidate = queues_.last_unpinned(kWindow, pins);
    for (; candidate != kNoEntry; candidate = queues_.last_unpinned(kWindow, pins)) {
      const std::uint64_t bytes = queues_.bytes_of(candidate);
      bool enters = main_.bytes() + bytes <= main_limit_;
      if (!enters) {
        const EntryId rival = main_.victim(pins);
        enters = rival != kNoEntry && sketch_.estimate(candidate) > sketch_.estimate(rival);
        if (enters) clear_main(rival, bytes, pins);
      }
      sketch_.add(candidate);
      queues_.move_to_front(enters ? main_.queue_for(bytes) : kLeaving, candidate);
      if (!enters) return;
    }
    const EntryId last = main_.victim(pins);
    if (last != kNoEntry) queues_.move_to_front(kLeaving, last);
  }

  void clear_main(EntryId rival, std::uint64_t bytes, const PinSet& pins) {
    do {
      queues_.move_to_front(kLeaving, rival);
      rival = main_.victim(pins);
    } while (rival != kNoEntry && main_.bytes() + bytes > main_limit_);
  }

  // A smaller entry than any before is the new unit of the shares, which are rounded to whole ones and so
  // scale with all sizes; a larger sketch is started for as many as fit.
  void fit_sizes(std::uint64_t bytes) {
    bytes = std::max<std::uint64_t>(bytes, 1);
    if (bytes >= smallest_) [[likely]]
      return;
    smallest_ = bytes;
    const std::uint64_t entries = std::max<std::uint64_t>(capacity_ / smallest_, 1);
    const Bytes main{entries - std::max<std::uint64_t>(share_of(Bytes{entries}, window_ratio_), 1)};
    main_limit_ = main.value * smallest_;
    main_.set_limits(
        {share_of(main, 1 - protected_ratio_) * smallest_, share_of(main, protected_ratio_) * smallest_});
    period_ = std::max<std::uint64_t>(sample_factor_ * main.value, 1);
    sketch_ = CountMinSketch(std::min(main.value, kMostEntries));
  }

  std::uint64_t capacity_;
  double window_ratio_;
  double protected_ratio_;
  std::uint64_t sample_factor_;
  ByteQueues queues_;
  SegmentedLru main_;
  std::uint64_t main_limit_ = 0;
  CountMinSketch sketch_{0};
  std::uint64_t smallest_ = UINT64_MAX;
  std::uint64_t period_ = 1;   // hits of the main part between halvings
  std::uint64_t counted_ = 0;  // of them
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<WTinyLfu>(
        {.name = "wtinylfu",
         .summary = "an LRU window, then a segmented LRU that admits only what was used more often",
         .source =
             "Einziger, Friedman, Manes: TinyLFU, a highly efficient cache admission policy, ACM ToS 2017",
         .parameters = {{"window_ratio", 0.01, 0, 0.99, "share of the capacity for the window"},
                        {"protected_ratio", 0.8, 0, 1, "share of the main part for its upper segment"},
                        {"sample_factor", 32, 1, 1'000'000,
                         "hits of the main part between halvings, times the entries that fit in it"}}})});

}  // namespace
}  // namespace cachebench::policy
