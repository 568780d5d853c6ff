// SPDX-License-Identifier: Apache-2.0
#include "bench/run/real_driver.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

#include "bench/run/content.h"
#include "bench/run/pacing.h"
#include "bench/run/request_run.h"
#include "core/clock.h"
#include "core/content_identity.h"
#include "core/error.h"
#include "core/sync.h"
#include "core/trace_range.h"

namespace cachebench::bench {
namespace {

constexpr std::uint32_t kOpenLoopWorkers = 16;

// Hands out requests in trace order, each to one worker, and keeps the books.
class Dispatcher {
 public:
  Dispatcher(const ReplayInputs& inputs, Nanoseconds origin)
      : inputs_(inputs), origin_(origin), open_(inputs.config.load.kind == LoadKind::kOpen), books_(inputs) {}

  struct Start {
    Nanoseconds planned{0};  ///< on the real clock
    bool counted = false;
  };

  /// The next request, at its time; false when there is none or the run has to end.
  bool take(model::Plan& plan, Start& start) {
    if (!next(plan, start)) return false;
    if (open_ && !sleep_until(start.planned, inputs_.stop)) return false;
    const Nanoseconds now = RealClock().now();
    const Nanoseconds lag = open_ ? now - start.planned : Nanoseconds{0};
    const MutexLock lock(mutex_);
    books_.request_starts(now - origin_, lag);
    start.counted = !books_.in_warmup();
    if (!open_) start.planned = now;
    return true;
  }

  void fail(std::exception_ptr error) {
    const MutexLock lock(mutex_);
    if (!error_) error_ = std::move(error);
    inputs_.stop.request(StopToken::kTimeOver);
  }

  ReplayOutcome finish(Measurements measured) {
    const MutexLock lock(mutex_);
    if (error_) std::rethrow_exception(error_);
    return books_.finish(RealClock().now() - origin_, std::move(measured));
  }

 private:
  bool next(model::Plan& plan, Start& start) {
    const MutexLock lock(mutex_);
    if (inputs_.stop.requested() || error_ || !inputs_.workload.next(plan)) return false;
    const double at = static_cast<double>(plan.arrival.count()) / inputs_.config.load.speedup;
    start.planned = origin_ + Nanoseconds{static_cast<std::int64_t>(at)};
    return true;
  }

  const ReplayInputs& inputs_;
  const Nanoseconds origin_;
  const bool open_;
  Mutex mutex_;
  ReplayBooks books_ CACHEBENCH_GUARDED_BY(mutex_);
  std::exception_ptr error_ CACHEBENCH_GUARDED_BY(mutex_);
};

// What an entry that an earlier process left has passed is not written down: every form that the tiers have,
// or that it left records in, twice. Nothing where the cache starts cold.
cache::Passes passes_of_the_past(const RunConfig& config, const cache::KeptForms& kept) {
  cache::Passes passes;
  if (config.cache.directory.empty() || config.cache.cold) return passes;
  for (std::size_t i = 1; i < kept.size(); ++i) {
    if (kept[i].entries == 0) continue;
    passes.add(static_cast<tier::Encoding>(i));
    passes.add(static_cast<tier::Encoding>(i));
  }
  const bool all_tiers = config.multimodal.enabled && config.multimodal.compression.enabled;
  for (const TierSection& tier : config.cache.tiers) {
    const std::string form = all_tiers ? "target" : tier.lossy().format;
    for (std::size_t i = 1; i < tier::kEncodings; ++i) {
      const auto encoding = static_cast<tier::Encoding>(i);
      if (form != "target" && form != cache::name_of(encoding)) continue;
      passes.add(encoding);
      passes.add(encoding);
    }
  }
  return passes;
}

class Worker {
 public:
  Worker(const ReplayInputs& inputs, cache::Movers& movers, Dispatcher& dispatcher, Nanoseconds origin)
      : inputs_(inputs),
        movers_(movers),
        dispatcher_(dispatcher),
        origin_(origin),
        run_(inputs.manager, inputs.costs, &clock_, {}, inputs.multimodal),
        past_(passes_of_the_past(inputs.config, movers.stats().kept)),
        algorithm_(hash_algorithm(inputs.config.multimodal.hash)) {}

  void work() {
    Dispatcher::Start start;
    while (dispatcher_.take(plan_, start)) {
      const TraceRange range(trace_names::kRequest, plan_.artefacts.size());
      counted_ = start.counted;
      has_read_ = false;
      VisualRun::Users visual;  // embeddings in use until the request ends
      if (inputs_.visual != nullptr) visual = inputs_.visual->begin(plan_.sequence);
      set_decision_clock(start);
      const Nanoseconds begun = clock_.now();
      replay();
      const Nanoseconds ended = clock_.now();
      inputs_.manager.end_request(RequestRun::request_of(plan_));
      if (!counted_) continue;
      measured_.request.record((ended - start.planned).count());
      measured_.request_service.record((ended - begun).count());
      if (inputs_.config.load.kind == LoadKind::kOpen) measured_.lag.record((begun - start.planned).count());
      hash_contents();
    }
  }

  /// After an error: whoever waits for what this worker was computing must not wait for ever.
  void abandon() {
    for (Reference& miss : run_.misses()) {
      const cache::FlightPtr& owned = miss.result.owned;
      if (owned && !owned->is_landed())
        inputs_.manager.abandon(run_.describe(plan_.artefacts[miss.artefact]), owned);
    }
    run_.finish();
  }

  [[nodiscard]] const Measurements& measured() const { return measured_; }

 private:
  void set_decision_clock(const Dispatcher::Start& start) {
    if (inputs_.config.load.clock == LoadClock::kWall) {
      inputs_.manager.set_now(clock_.now() - origin_);
    } else if (inputs_.config.load.kind == LoadKind::kOpen) {
      inputs_.manager.set_now(start.planned - origin_);
    }
  }

  void replay() {
    if (plan_.independent) {
      for (std::size_t i = 0; i < plan_.artefacts.size(); ++i) {
        run_.look_up_one(plan_, i);
        serve_batch();
      }
    } else {
      run_.look_up(plan_);
      serve_batch();
    }
  }

  // What telling the contents apart takes, by the clock: outside of the request, whose identities the trace
  // brings, and only until the rate is known.
  void hash_contents() {
    constexpr std::uint64_t kEnough = 32U << 20;
    for (const model::Artefact& artefact : plan_.artefacts) {
      const std::optional<Bytes> bytes = bytes_to_hash(artefact);
      if (!bytes) continue;
      result::MeasuredHashing& hashed = measured_.hashed[static_cast<std::size_t>(artefact.kind)];
      if (hashed.bytes >= kEnough) continue;
      resize_scratch(kEnough / 8);
      const Nanoseconds begun = clock_.now();
      ContentHasher hasher(algorithm_);
      for (std::uint64_t left = bytes->value; left > 0;) {
        const std::uint64_t part = std::min(left, kEnough / 8);
        hasher.update(scratch_span().first(part));
        left -= part;
      }
      static_cast<void>(hasher.finish());
      hashed.time_ns += (clock_.now() - begun).count();
      hashed.bytes += bytes->value;
      ++hashed.contents;
    }
  }

  // Own computations are published before others' are waited for: two requests that wait for each other's
  // would never end.
  void serve_batch() {
    for (Reference& hit : run_.hits()) serve_hit(hit);
    for (Reference& miss : run_.misses()) compute_and_put(miss);
    for (Reference& join : run_.joins()) {
      const model::Artefact& artefact = plan_.artefacts[join.artefact];
      join.result = inputs_.manager.finish_join(run_.describe(artefact), join.result.joined,
                                                run_.context_of(plan_, join.artefact));
      join.asked_at = join.answered_at = clock_.now();
      if (join.result.decision.hit) {
        serve_hit(join);
      } else {
        record_miss(artefact);
      }
    }
    run_.finish();
  }

  void serve_hit(Reference& hit) {
    const model::Artefact& artefact = plan_.artefacts[hit.artefact];
    const cache::AccessDecision& decision = hit.result.decision;
    if (decision.resized) {  // the recorded object changed: what was stored is out of date
      write_anew(artefact);
      return;
    }
    if (!hit.result.handle) return;  // grew out of every tier
    const tier::Completion done = hit.result.handle.wait();
    const tier::Completion fetched = fetch_rest(hit.result.handle, done);
    if (fetched.status != tier::TransferStatus::kDone) {
      inputs_.manager.report_corrupt(hit.result.handle);
      hit.result.handle.release();
      compute_and_put(hit);
      return;
    }
    if (counted_) record_hit(hit, done, fetched);
    if (hit.result.similarity) {
      serve_like(hit);
    } else if (inputs_.config.verify) {
      verify(hit.result.handle, artefact);
    }
  }

  // What was stored is another content's: it has to be that, and may be far from the one asked for.
  void serve_like(const Reference& hit) {
    const model::Artefact& artefact = plan_.artefacts[hit.artefact];
    const auto stored = inputs_.multimodal->stored_for(artefact, hit.result);
    if (!stored || !inputs_.config.verify) {
      if (counted_) inputs_.multimodal->measure(artefact, hit.result, inputs_.content);
      return;
    }
    const std::uint64_t bytes = verify(hit.result.handle, *stored);
    if (counted_)
      inputs_.multimodal->measure(artefact, hit.result, inputs_.content, scratch_span().first(bytes));
  }

  // Brings the bytes of a hit that was not promoted to the first tier's memory.
  [[nodiscard]] tier::Completion fetch_rest(const cache::TensorHandle& handle,
                                            const tier::Completion& there) {
    if (there.status != tier::TransferStatus::kDone) return there;
    if (handle.level() == Level::kL1) return {};
    return movers_.fetch_to_device(handle.copy());
  }

  // Latency runs from the look-up to the moment the bytes were there, also when that was before this worker
  // came to look; service is the look-up and the transfers themselves, without handing them over, which also
  // evicts and demotes for others, and without the wait for other requests'.
  void record_hit(const Reference& hit, const tier::Completion& there, const tier::Completion& fetched) {
    const cache::AccessDecision& decision = hit.result.decision;
    const Nanoseconds looked_up = hit.answered_at - hit.asked_at;
    const Nanoseconds arrived = std::max(there.finished_at, hit.answered_at) - hit.answered_at;
    const Nanoseconds moved = decision.level < decision.served ? there.service : Nanoseconds{0};
    const std::size_t row = index_of(decision.served);
    measured_.service[row].record((looked_up + arrived + fetched.service).count());
    const model::Artefact& artefact = plan_.artefacts[hit.artefact];
    ServiceSum& sum = measured_.checks[row][static_cast<std::size_t>(artefact.kind)];
    const Nanoseconds decided = looked_up - hit.result.handed_over - hit.off_processor;
    const Nanoseconds service = decided + moved + fetched.service;
    const LookupTraits traits{.is_first = hit.before == 0,
                              .is_early = hit.before > 0 && hit.before <= kEarlyLookups,
                              .is_repeated = decision.gap > 0 && decision.gap < kMoment,
                              .is_promoting = decision.level < decision.served,
                              .is_similar = hit.result.similarity.has_value()};
    const bool reads = decision.resting.medium == hardware::Medium::kSsd;
    const bool is_first_read = reads && !std::exchange(has_read_, true);
    const HitExtra extra = inputs_.extras.of(
        {.lookup = traits, .rests_in = decision.resting.medium, .is_first_read = is_first_read});
    ++sum.count;
    sum.measured_ns += service.count();
    sum.predicted_ns += (decision.service + extra.mean).count();
    measured_.measured_service[row].record(service.count());
    measured_.predicted_service[row].record(
        (decision.service + extra.median + inputs_.extras.beyond_median(traits, next_point(traits))).count());
    if (is_first_read) measured_.first_read.record(service.count());
    if (const auto only = traits.only())
      measured_.lookups[static_cast<std::size_t>(*only)].record(decided.count());
  }

  // In turn, so that all points of a class are expected equally often.
  std::size_t next_point(const LookupTraits& traits) {
    return points_[static_cast<std::size_t>(traits.last())]++ % kSpreadPoints;
  }

  // Returns how many bytes of the entry are in the scratch space now: all of them, or none.
  std::uint64_t verify(const cache::TensorHandle& handle, const model::Artefact& artefact) {
    const std::uint64_t bytes = handle.copy().bytes().value;
    resize_scratch(bytes);
    const tier::Completion read = handle.read(scratch_span());
    if (read.status != tier::TransferStatus::kDone) return 0;
    measured_.verified_bytes += bytes;
    const cache::Passes& passes = past_.none() ? handle.copy().passes() : past_;
    measured_.wrong_bytes += inputs_.content.count_wrong(artefact, scratch_span().first(bytes), passes);
    return bytes;
  }

  void compute_and_put(const Reference& miss) {
    const model::Artefact& artefact = plan_.artefacts[miss.artefact];
    const TensorView content = synthesised(artefact);
    const Nanoseconds computed = clock_.now();
    run_.put(artefact, &content, miss.result.owned);
    if (counted_) measured_.put.record((clock_.now() - computed).count());
    record_miss(artefact);
  }

  void record_miss(const model::Artefact& artefact) {
    if (!counted_) return;
    measured_.service[kMissRow].record(inputs_.costs.miss_cost(artefact.work).count());
  }

  void write_anew(const model::Artefact& artefact) {
    const TensorView content = synthesised(artefact);
    inputs_.manager.rewrite(run_.describe(artefact), &content);
  }

  [[nodiscard]] TensorView synthesised(const model::Artefact& artefact) {
    resize_scratch(artefact.bytes.value);
    const std::span<std::byte> bytes = scratch_span().first(artefact.bytes.value);
    inputs_.content.fill(artefact, bytes);
    return {.meta = artefact.meta, .data = bytes};
  }

  void resize_scratch(std::uint64_t bytes) {
    constexpr std::uint64_t kPage = 4096;
    scratch_.resize((bytes + 2 * kPage - 1) / 8 + 1);
  }

  // From the first page boundary on, so that planes can read into it directly.
  [[nodiscard]] std::span<std::byte> scratch_span() {
    constexpr std::uintptr_t kPage = 4096;
    auto* base = reinterpret_cast<std::byte*>(scratch_.data());
    const std::uintptr_t skip = (kPage - reinterpret_cast<std::uintptr_t>(base) % kPage) % kPage;
    return {base + skip, scratch_.size() * 8 - skip};
  }

  const ReplayInputs& inputs_;
  cache::Movers& movers_;
  Dispatcher& dispatcher_;
  const Nanoseconds origin_;
  RealClock clock_;
  RequestRun run_;
  cache::Passes past_;  // of entries that were there before
  HashAlgorithm algorithm_;
  model::Plan plan_;
  bool counted_ = false;
  bool has_read_ = false;  // the drive, for this request
  std::array<std::size_t, kLookupClasses> points_{};
  Measurements measured_;
  std::vector<std::uint64_t> scratch_;
};

}  // namespace

ReplayOutcome replay_real(const ReplayInputs& inputs, cache::Movers& movers) {
  const Nanoseconds origin = RealClock().now();
  Dispatcher dispatcher(inputs, origin);
  const bool open = inputs.config.load.kind == LoadKind::kOpen;
  const std::uint32_t count =
      open ? std::max(kOpenLoopWorkers, inputs.config.load.in_flight) : inputs.config.load.in_flight;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  const TraceRange range(trace_names::kMeasure);
  for (std::uint32_t i = 0; i < count; ++i) {
    workers.push_back(std::make_unique<Worker>(inputs, movers, dispatcher, origin));
    threads.emplace_back([&dispatcher, worker = workers.back().get(), i] {
      name_this_thread("worker-" + std::to_string(i));
      try {
        worker->work();
      } catch (...) {
        worker->abandon();
        dispatcher.fail(std::current_exception());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Measurements measured;
  for (const auto& worker : workers) measured.merge(worker->measured());
  return dispatcher.finish(std::move(measured));
}

}  // namespace cachebench::bench
