// SPDX-License-Identifier: Apache-2.0
#include "policy/one_tier/describe_eviction.h"
#include "policy/sampling.h"

namespace cachebench::policy {
namespace {

/// Hyperbolic caching: evicts the fewest uses per time since insertion among residents drawn at random.
/// Sizes and costs do not count, as in the reference. O(samples) an eviction; 4 bytes an id, 16 an entry.
class Hyperbolic final : public EvictionPolicy {
 public:
  Hyperbolic(const EvictionContext& context, const Parameters& parameters)
      : samples_(static_cast<std::uint32_t>(parameters.get("samples"))), draws_(context.seed) {
    residents_.reserve(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo&) override {
    residents_.insert({.id = id, .uses = 1, .inserted = now_++});
  }
  void on_hit(EntryId id, const AccessInfo&) override {
    choice_.forget(id);
    ++residents_.of(id).uses;
    ++now_;
  }
  void on_erase(EntryId id, EraseReason) override {
    choice_.forget();
    residents_.erase(id);
  }

  EntryId victim(const PinSet& pins) override {
    if (choice_.stands(pins)) return choice_.id();
    const auto rarer = [now = now_](const Resident& a, const Resident& b) {
      return a.uses * (now - b.inserted) < b.uses * (now - a.inserted);  // uses over age, without division
    };
    return choice_.remember(least_of_sample(residents_, samples_, draws_, pins, rarer));
  }

  void prefetch(EntryId id) const { residents_.prefetch(id); }

 private:
  struct Resident {
    EntryId id = kNoEntry;
    std::uint32_t uses = 0;
    std::uint64_t inserted = 0;  // number of the access
  };

  ResidentTable<Resident> residents_;
  std::uint32_t samples_;
  Draws draws_;
  LastChoice choice_;
  std::uint64_t now_ = 0;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Hyperbolic>(
        {.name = "hyperbolic",
         .summary = "evicts the fewest uses per time since insertion among a sample",
         .source = "Blankstein, Sen, Freedman: Hyperbolic caching: flexible caching for web applications, "
                   "USENIX ATC 2017",
         .random = true,
         .parameters = {{"samples", 64, 1, 1024, "residents drawn for an eviction"}}})});

}  // namespace
}  // namespace cachebench::policy
