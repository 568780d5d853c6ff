// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "policy/one_tier/describe_eviction.h"
#include "policy/request_groups.h"
#include "policy/reuse_model.h"

namespace cachebench::policy {
namespace {

/// Least hit density by class and saved cost: evicts where the reuses expected per access of residence, times
/// what losing this tier's copy costs, per byte, are least. Reuses are learnt by class and age (ReuseModel),
/// over all tiers of the cache together. What one request left behind is judged and evicted as one piece,
/// tail first: `scan` such pieces are looked at in turn, and the worst is evicted from for up to `patience`
/// entries, so that few chains are cut instead of many shortened. Draws no random numbers: a hand goes
/// round the pieces.
class LhdC final : public EvictionPolicy {
 public:
  LhdC(const EvictionContext& context, const Parameters& parameters)
      : chain_(parameters.get("chain") != 0),
        marginal_(parameters.get("marginal") != 0),
        scan_(static_cast<std::size_t>(parameters.get("scan"))),
        patience_(static_cast<std::uint32_t>(parameters.get("patience"))) {
    const ReuseOptions options{.by_kind = parameters.get("kind") != 0,
                               .by_size = parameters.get("size") != 0,
                               .by_uses = parameters.get("uses") != 0,
                               .by_age = parameters.get("age") != 0};
    model_ = context.learning && parameters.get("share") != 0 ? context.learning->reuse_model(options)
                                                              : std::make_shared<ReuseModel>(options);
    worth_.reserve(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo& access) override {
    model_->learn(id, access);
    place(id, access);
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    model_->learn(id, access);
    groups_.remove(id);
    place(id, access);
    if (id == chosen_) chosen_ = kNoEntry;
  }
  void on_erase(EntryId id, EraseReason) override {
    groups_.remove(id);
    if (id == chosen_) chosen_ = kNoEntry;
  }

  EntryId victim(const PinSet& pins) override {
    if (chosen_ != kNoEntry && !pins.is_pinned(chosen_)) return chosen_;
    chosen_ = kNoEntry;
    if (patience_left_ > 0 && serial_ != 0 && groups_.group(slot_).serial == serial_) {
      --patience_left_;
      chosen_ = groups_.deepest(slot_, pins);
    }
    if (chosen_ == kNoEntry) choose_piece(std::min(scan_, groups_.live().size()), pins);
    if (chosen_ == kNoEntry) choose_piece(groups_.live().size(), pins);
    return chosen_;
  }

  void report_facts(std::map<std::string, double>& facts) const override {
    facts["reuse_classes"] = static_cast<double>(model_->classes());
    facts["reuse_refreshes"] = static_cast<double>(model_->refreshes());
    facts["pieces"] = static_cast<double>(groups_.live().size());
  }

 private:
  void place(EntryId id, const AccessInfo& access) {
    if (index_of(id) >= worth_.size())
      worth_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * worth_.size()));
    const Nanoseconds loss = marginal_ ? access.loss : access.cost;
    worth_[index_of(id)] =
        static_cast<float>(static_cast<double>(loss.count()) /
                           static_cast<double>(std::max<std::uint64_t>(1, access.bytes.value)));
    if (!chain_ || access.request == RequestInfo{}) return groups_.add_alone(id);
    groups_.add(id, access.request.sequence << 16 | model_->standing(id).klass, access.depth);
  }

  void choose_piece(std::size_t count, const PinSet& pins) {
    double least = std::numeric_limits<double>::infinity();
    const std::vector<std::uint32_t>& live = groups_.live();
    for (std::size_t i = 0; i < count; ++i) {
      if (hand_ >= live.size()) hand_ = 0;
      const std::uint32_t slot = live[hand_++];
      const EntryId id = groups_.deepest(slot, pins);
      if (id == kNoEntry) continue;
      const double value = model_->density(model_->standing(id)) * static_cast<double>(worth_[index_of(id)]);
      if (value >= least) continue;
      least = value;
      chosen_ = id;
      slot_ = slot;
      serial_ = groups_.group(slot).serial;
    }
    patience_left_ = patience_;
  }

  const bool chain_;
  const bool marginal_;
  const std::size_t scan_;
  const std::uint32_t patience_;
  std::shared_ptr<ReuseModel> model_;
  RequestGroups groups_;
  std::vector<float> worth_;  // by id: loss per byte
  std::uint32_t slot_ = 0;    // of the piece that is being evicted,
  std::uint64_t serial_ = 0;  // if it still is the one it was
  EntryId chosen_ = kNoEntry;
  std::size_t hand_ = 0;
  std::uint32_t patience_left_ = 0;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<LhdC>(
        {.name = "lhd-c",
         .summary =
             "evicts the least expected saving per byte and time, learnt by class and age, tails first",
         .source = "this project, after Beckmann, Chen, Cidon: LHD, 2018, and Gittins: Bandit processes and "
                   "dynamic allocation indices, 1979",
         .uses_profile = true,
         .parameters = {
             {"scan", 256, 1, 1e6, "pieces looked at for a victim"},
             {"patience", 256, 1, 1e6, "entries evicted from a piece before looking again"},
             {"chain", 1, 0, 1, "0: every entry is a piece of its own"},
             {"marginal", 1, 0, 1, "0: a loss is the whole recomputation, whatever lives below"},
             {"age", 1, 0, 1, "0: density of an entry just used, at any age"},
             {"uses", 1, 0, 1, "0: classes do not tell earlier uses apart"},
             {"kind", 1, 0, 1, "0: classes do not tell artefact kinds apart"},
             {"size", 0, 0, 1, "1: classes tell octaves of size apart too"},
             {"share", 1, 0, 1, "0: each tier learns alone"},
         }})});

}  // namespace
}  // namespace cachebench::policy
