// SPDX-License-Identifier: Apache-2.0
#include "pipeline/caching/caching_mechanism.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "core/check.h"

namespace cachebench::pipeline {
namespace {

using model::Outcome;

// A tensor that keeps its entry where it is while anybody holds it.
SharedTensor pinned(cache::TensorHandle handle, std::span<const std::byte> bytes) {
  const TensorMeta meta = handle.meta();
  auto pin = std::make_shared<cache::TensorHandle>(std::move(handle));
  return {meta, std::shared_ptr<const std::byte>(std::move(pin), bytes.data())};
}

// The bytes of an entry where whoever computes can address them, empty where they have to be copied. What
// computes on the emulated device addresses its memory, and that is this process's.
std::span<const std::byte> addressable(const cache::TensorHandle& handle) {
  if (const auto view = handle.host_view(); !view.empty()) return view;
  const cache::Copy& copy = handle.copy();
  if (handle.level() != Level::kL1 || !copy.is_plain() ||
      std::string_view(copy.plane().device()) != "emulated")
    return {};
  const auto* data = reinterpret_cast<const std::byte*>(static_cast<std::uintptr_t>(copy.block().handle));
  return {data, copy.bytes().value};
}

// Whether what a look-up found is the artefact that was asked for: an entry of another size, or one that grew
// out of every tier, is of no use.
bool usable(const cache::TensorHandle& handle, const model::Artefact& asked) {
  return handle && handle.has_bytes() && handle.meta() == asked.meta;
}

/// A transfer into memory of whoever holds this, which does not go before it has ended.
class Arriving {
 public:
  explicit Arriving(tier::Ticket ticket) : ticket_(std::move(ticket)) {}
  Arriving(Arriving&&) = default;
  Arriving& operator=(Arriving&&) = delete;
  ~Arriving() { static_cast<void>(ticket_.wait()); }
  [[nodiscard]] bool wait() const { return ticket_.wait().status == tier::TransferStatus::kDone; }

 private:
  tier::Ticket ticket_;
};

// Memory that an artefact is copied to.
struct Target {
  std::shared_ptr<cache::TensorPool::Lease> lease;
  std::shared_ptr<std::vector<std::byte>> own;

  [[nodiscard]] std::span<std::byte> bytes() const {
    return lease ? lease->bytes() : std::span<std::byte>(*own);
  }
  [[nodiscard]] SharedTensor tensor(const TensorMeta& meta) const {
    const std::byte* data = bytes().data();
    return lease ? SharedTensor(meta, std::shared_ptr<const std::byte>(lease, data))
                 : SharedTensor(meta, std::shared_ptr<const std::byte>(own, data));
  }
};

}  // namespace

CachingMechanism::CachingMechanism(cache::HierarchicalCacheManager* manager, const hardware::CostModel& costs,
                                   const Clock& clock, const CachingOptions& options)
    : manager_(manager), costs_(costs), clock_(clock), options_(options) {}

cache::EntryDescription CachingMechanism::describe(const model::Artefact& artefact) const {
  return {.key = artefact.key,
          .kind = artefact.kind,
          .meta = artefact.meta,
          .bytes = artefact.bytes,
          .recompute = costs_.recompute(artefact.work).total(),
          .depth = artefact.depth};
}

cache::AccessContext CachingMechanism::context_of(const CachedRequest& request) const {
  const model::Plan& plan = request.plan.plan;
  return {.request = {.sequence = plan.sequence, .session = plan.session, .turn = plan.turn},
          .next_use = policy::kNeverUsed};
}

void CachingMechanism::look_up(CachedRequest& request) {
  const model::Plan& plan = request.plan.plan;
  request.artefacts.clear();
  request.approximate = false;
  request.artefacts.resize(plan.artefacts.size());
  if (manager_ == nullptr) {
    for (CachedArtefact& artefact : request.artefacts) artefact.outcome = Outcome::kMiss;
    return;
  }
  model::walk(
      plan, [&](std::size_t i) { return probe(request, i); },
      [&](std::size_t i, Outcome outcome) {
        const bool covered = outcome == Outcome::kCovered;
        manager_->account_skipped(describe(plan.artefacts[i]),
                                  covered ? cache::Skipped::kCovered : cache::Skipped::kBehindGap,
                                  context_of(request));
        request.artefacts[i].outcome = outcome;
      });
}

bool CachingMechanism::probe(CachedRequest& request, std::size_t index) {
  CachedArtefact& artefact = request.artefacts[index];
  const Nanoseconds begun = clock_.now();
  const model::Artefact& asked = request.plan.plan.artefacts[index];
  const cache::EntryDescription what = describe(asked);
  const cache::AccessContext context = context_of(request);
  cache::LookupResult found = options_.front != nullptr ? options_.front->lookup(asked, what, context)
                                                        : manager_->lookup(what, context);
  artefact.asked = clock_.now() - begun;
  artefact.joined = std::move(found.joined);
  if (artefact.joined) {
    artefact.outcome = Outcome::kHit;  // it will be there: what it covers is not needed
    return true;
  }
  artefact.owned = std::move(found.owned);
  artefact.served = found.decision.served;
  const bool serves = found.decision.hit && usable(found.handle, asked);
  if (serves && found.similarity) request.approximate = true;
  if (serves) artefact.handle = std::move(found.handle);
  artefact.outcome = serves ? Outcome::kHit : Outcome::kMiss;
  return serves;
}

bool CachingMechanism::await_one(CachedRequest& request, std::size_t index) {
  CachedArtefact& artefact = request.artefacts[index];
  if (artefact.handle.wait().status == tier::TransferStatus::kDone) return true;
  give_up(request, index);
  return false;
}

// What computes, computes on the device: a hit that was not promoted crosses the link on its own.
bool CachingMechanism::reaches_device(const cache::TensorHandle& handle, std::span<const std::byte> bytes) {
  if (options_.movers == nullptr || handle.level() == Level::kL1) return true;
  return options_.movers->fetch_to_device(handle.copy(), bytes).status == tier::TransferStatus::kDone;
}

void CachingMechanism::give_up(CachedRequest& request, std::size_t index) {
  CachedArtefact& artefact = request.artefacts[index];
  manager_->report_corrupt(artefact.handle);
  artefact.handle.release();
  artefact.outcome = Outcome::kMiss;
}

void CachingMechanism::wait(CachedRequest& request) {
  for (std::size_t i = 0; i < request.artefacts.size(); ++i) {
    CachedArtefact& artefact = request.artefacts[i];
    if (!artefact.handle) continue;
    const Nanoseconds begun = clock_.now();
    static_cast<void>(await_one(request, i));
    artefact.asked += clock_.now() - begun;
  }
}

void CachingMechanism::fetch(CachedRequest& request) {
  struct Copying {
    std::size_t artefact;
    Target target;
    Arriving arriving;  // goes before its target
    Nanoseconds begun;
  };
  std::vector<Copying> copies;
  copies.reserve(request.artefacts.size());
  for (std::size_t i = 0; i < request.artefacts.size(); ++i) {
    CachedArtefact& artefact = request.artefacts[i];
    if (!artefact.handle || !await_one(request, i)) continue;
    const Nanoseconds begun = clock_.now();
    if (const auto view = addressable(artefact.handle); !view.empty()) {
      const auto bytes = view.first(artefact.handle.meta().bytes().value);
      if (!reaches_device(artefact.handle, bytes)) {
        give_up(request, i);
        continue;
      }
      artefact.tensor = pinned(std::move(artefact.handle), bytes);
      count_served(request, i, begun, false);
      continue;
    }
    const TensorMeta& meta = artefact.handle.meta();
    Target target;
    if (options_.tensor_caching) {
      const ArtefactKind kind = request.plan.plan.artefacts[i].kind;
      target.lease =
          std::make_shared<cache::TensorPool::Lease>(manager_->acquire_tensor(meta.shape, meta.dtype, kind));
    } else {
      target.own = std::make_shared<std::vector<std::byte>>(meta.bytes().value);
    }
    Arriving arriving(artefact.handle.copy().read(target.bytes()));
    copies.push_back(
        {.artefact = i, .target = std::move(target), .arriving = std::move(arriving), .begun = begun});
  }
  for (Copying& copy : copies) {
    CachedArtefact& artefact = request.artefacts[copy.artefact];
    if (!copy.arriving.wait() || !reaches_device(artefact.handle, copy.target.bytes())) {
      give_up(request, copy.artefact);
      continue;
    }
    artefact.tensor = copy.target.tensor(artefact.handle.meta());
    artefact.handle.release();
    count_served(request, copy.artefact, copy.begun, true);
  }
}

void CachingMechanism::count_served(const CachedRequest& request, std::size_t index, Nanoseconds since,
                                    bool copied) {
  const CachedArtefact& artefact = request.artefacts[index];
  const ArtefactKind kind = request.plan.plan.artefacts[index].kind;
  const Nanoseconds took = artefact.asked + (clock_.now() - since);
  const MutexLock lock(mutex_);
  ++stats_.served[static_cast<std::size_t>(kind)];
  ++(copied ? stats_.copied : stats_.zero_copy);
  if (kind == ArtefactKind::kVisionEncoderOutput && artefact.served != Level::kNone)
    stats_.vision_retrieval[index_of(artefact.served)].record(took.count());
}

bool CachingMechanism::available(CachedRequest& request, std::size_t index) {
  CachedArtefact& artefact = request.artefacts[index];
  if (artefact.tensor) return true;
  if (!artefact.joined) return false;
  if (!artefact.joined->is_landed()) return false;
  cache::LookupResult found =
      manager_->finish_join(describe(request.plan.plan.artefacts[index]),
                            std::exchange(artefact.joined, nullptr), context_of(request));
  artefact.served = found.decision.served;
  if (usable(found.handle, request.plan.plan.artefacts[index])) {
    artefact.handle = std::move(found.handle);
    fetch(request);
  }
  if (!artefact.tensor) artefact.outcome = Outcome::kMiss;
  return static_cast<bool>(artefact.tensor);
}

void CachingMechanism::offer(CachedRequest& request, std::size_t index, const SharedTensor& tensor) {
  CachedArtefact& artefact = request.artefacts[index];
  if (manager_ == nullptr || !tensor || artefact.outcome == Outcome::kCovered || artefact.tensor) return;
  const model::Artefact& what = request.plan.plan.artefacts[index];
  CACHEBENCH_CHECK(tensor.meta() == what.meta, "an artefact of another shape than its plan's");
  const TensorView view = tensor.view();
  if (artefact.joined) {  // whoever is computing it too will publish it
    const MutexLock lock(mutex_);
    ++stats_.computed_twice;
  }
  if (artefact.outcome != Outcome::kMiss) return;
  if (request.approximate) return;
  const cache::FlightPtr owned = std::exchange(artefact.owned, nullptr);
  if (options_.front != nullptr) {
    options_.front->put(what, describe(what), view, owned);
  } else {
    manager_->put(describe(what), &view, owned);
  }
  const MutexLock lock(mutex_);
  ++stats_.offered[static_cast<std::size_t>(what.kind)];
}

void CachingMechanism::finish(CachedRequest& request) {
  if (manager_ == nullptr) return;
  for (std::size_t i = 0; i < request.artefacts.size(); ++i) {
    CachedArtefact& artefact = request.artefacts[i];
    const cache::EntryDescription what = describe(request.plan.plan.artefacts[i]);
    if (artefact.owned) manager_->abandon(what, std::exchange(artefact.owned, nullptr));
    artefact.handle.release();
    if (!artefact.joined) continue;
    // Computed here too, or not needed in the end. The books are closed when the other one lands.
    const cache::FlightPtr joined = std::exchange(artefact.joined, nullptr);
    joined->when_landed([manager = manager_, what, joined, context = context_of(request)] {
      static_cast<void>(manager->finish_join(what, joined, context));
    });
  }
  manager_->end_request(context_of(request).request);
}

CachingStats CachingMechanism::stats() const {
  const MutexLock lock(mutex_);
  return stats_;
}

void CachingMechanism::reset_stats() {
  const MutexLock lock(mutex_);
  stats_ = {};
}

}  // namespace cachebench::pipeline
