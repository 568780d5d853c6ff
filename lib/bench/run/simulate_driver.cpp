// SPDX-License-Identifier: Apache-2.0
#include "bench/run/simulate_driver.h"

#include <deque>
#include <queue>
#include <utility>

#include "bench/run/request_run.h"
#include "core/trace_range.h"

namespace cachebench::bench {
namespace {

// A look-up with what follows it: a fetch or a computation.
struct Item {
  hardware::Stages stages;
  std::size_t row = 0;    // of Measurements::service
  Nanoseconds waited{0};  // for what was being fetched ahead
};

struct SimulatedRequest {
  explicit SimulatedRequest(const ReplayInputs& inputs)
      : run(inputs.manager, inputs.costs, nullptr, inputs.future, inputs.multimodal) {}

  model::Plan plan;
  RequestRun run;
  VisualRun::Users visual;  // embeddings in use until the request ends
  Nanoseconds planned{0};
  Nanoseconds started{0};
  bool counted = false;         // not part of the warm-up
  std::size_t next_access = 0;  // independent plans: the access after this batch
  std::vector<Item> items;
  std::size_t item = 0;
  std::size_t stage = 0;
  Nanoseconds item_start{0};
  bool put_done = false;
  std::size_t join = 0;
};

struct Arrival {
  model::Plan plan;
  Nanoseconds at{0};
};

struct Event {
  Nanoseconds at;
  std::uint64_t order;
  SimulatedRequest* request;  // null: the next arrival
  bool operator>(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
};

class Simulation {
 public:
  Simulation(const ReplayInputs& inputs, VirtualMachine& machine)
      : inputs_(inputs),
        machine_(machine),
        books_(inputs),
        open_(inputs.config.load.kind == LoadKind::kOpen) {}

  ReplayOutcome run() {
    const std::uint32_t slots = open_ ? 1 : inputs_.config.load.in_flight;
    for (std::uint32_t i = 0; i < slots; ++i) arrive();
    std::uint64_t events = 0;
    const TraceRange range(trace_names::kSimulate);
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      machine_.advance_to(event.at);
      if (event.request == nullptr) {
        begin_next();
      } else {
        advance(*event.request, event.at);
      }
      if (++events % 1024 == 0 && inputs_.stop.requested()) break;
    }
    return books_.finish(machine_.now(), std::move(measured_));
  }

 private:
  // Reads the next request and schedules its start; in closed loop that is now.
  void arrive() {
    if (inputs_.stop.requested()) return;
    Arrival arrival;
    if (!inputs_.workload.next(arrival.plan)) return;
    arrival.at = machine_.now();
    if (open_) {
      const double at = static_cast<double>(arrival.plan.arrival.count()) / inputs_.config.load.speedup;
      arrival.at = Nanoseconds{static_cast<std::int64_t>(at)};
    }
    schedule(std::max(arrival.at, machine_.now()), nullptr);
    arrivals_.push_back(std::move(arrival));
  }

  void begin_next() {
    Arrival arrival = std::move(arrivals_.front());
    arrivals_.pop_front();
    if (open_) {
      inputs_.manager.set_now(arrival.at);
      arrive();
    }
    begin(arrival);
  }

  void begin(Arrival& arrival) {
    SimulatedRequest& request = allocate();
    std::swap(request.plan, arrival.plan);
    request.planned = arrival.at;
    request.started = machine_.now();
    books_.request_starts(machine_.now(), Nanoseconds{0});
    request.counted = !books_.in_warmup();
    if (inputs_.visual != nullptr) request.visual = inputs_.visual->begin(request.plan.sequence);
    request.next_access = 0;
    next_batch(request);
    advance(request, machine_.now());
  }

  SimulatedRequest& allocate() {
    if (idle_.empty()) {
      all_.push_back(std::make_unique<SimulatedRequest>(inputs_));
      return *all_.back();
    }
    SimulatedRequest* request = idle_.back();
    idle_.pop_back();
    return *request;
  }

  // Decides on the next look-ups: all of a request at once, or one plain access.
  void next_batch(SimulatedRequest& request) {
    request.items.clear();
    request.item = request.stage = request.join = 0;
    request.put_done = false;
    if (request.plan.independent) {
      request.run.finish();
      request.run.look_up_one(request.plan, request.next_access++);
    } else {
      request.run.look_up(request.plan);
      request.next_access = request.plan.artefacts.size();
    }
    for (const Reference& hit : request.run.hits()) {
      request.items.push_back(fetch_of(hit));
      if (request.counted && hit.result.similarity)
        inputs_.multimodal->measure(request.plan.artefacts[hit.artefact], hit.result, inputs_.content);
    }
    for (const Reference& miss : request.run.misses()) {
      const model::Artefact& artefact = request.plan.artefacts[miss.artefact];
      request.items.push_back({.stages = inputs_.costs.recompute(artefact.work),
                               .row = kMissRow,
                               .waited = miss.result.decision.waited});
    }
  }

  [[nodiscard]] Item fetch_of(const Reference& reference) const {
    const cache::AccessDecision& decision = reference.result.decision;
    return {.stages = inputs_.costs.fetch(decision.resting, decision.bytes),
            .row = index_of(decision.served),
            .waited = reference.result.decision.waited};
  }

  // Carries a request on from `now` until it has to wait for something.
  void advance(SimulatedRequest& request, Nanoseconds now) {
    for (;;) {
      if (request.item < request.items.size()) {
        if (!step_item(request, now)) return;
      } else if (!request.put_done) {
        put_misses(request);
      } else if (request.join < request.run.joins().size()) {
        if (!step_join(request)) return;
      } else if (request.plan.independent && request.next_access < request.plan.artefacts.size()) {
        next_batch(request);
      } else {
        return end(request, now);
      }
    }
  }

  // One stage of the current item; false when its end is an event of its own.
  bool step_item(SimulatedRequest& request, Nanoseconds& now) {
    const Item& item = request.items[request.item];
    Nanoseconds end = now;
    if (request.stage == 0) {
      request.item_start = now;
      end = now + inputs_.costs.lookup() + item.waited;
    } else if (request.stage <= item.stages.count) {
      end = machine_.serve(item.stages.items[request.stage - 1], now);
    }
    ++request.stage;
    if (request.stage > item.stages.count) {
      if (request.counted) measured_.service[item.row].record((end - request.item_start).count());
      request.stage = 0;
      ++request.item;
    }
    return wait_until(end, request, now);
  }

  bool wait_until(Nanoseconds end, SimulatedRequest& request, Nanoseconds& now) {
    if (end == now) return true;
    if (events_.empty() || events_.top().at > end) {  // nothing happens before: go on at once
      now = end;
      machine_.advance_to(end);
      return true;
    }
    schedule(end, &request);
    return false;
  }

  void put_misses(SimulatedRequest& request) {
    for (const Reference& miss : request.run.misses())
      request.run.put(request.plan.artefacts[miss.artefact], nullptr, miss.result.owned);
    request.put_done = true;
  }

  // Waits for one computation of another request, then fetches what it left; false while it is under way.
  bool step_join(SimulatedRequest& request) {
    Reference& join = request.run.joins()[request.join];
    if (!join.result.joined->is_landed()) {
      join.result.joined->when_landed([this, &request] { schedule(machine_.now(), &request); });
      return false;
    }
    const model::Artefact& artefact = request.plan.artefacts[join.artefact];
    join.result = inputs_.manager.finish_join(request.run.describe(artefact), join.result.joined,
                                              request.run.context_of(request.plan, join.artefact));
    if (join.result.decision.hit) {
      request.items.push_back(fetch_of(join));
    } else {
      request.items.push_back(
          {.stages = inputs_.costs.recompute(artefact.work), .row = kMissRow, .waited = {}});
    }
    ++request.join;
    return true;
  }

  void end(SimulatedRequest& request, Nanoseconds now) {
    request.run.finish();
    request.visual.clear();
    inputs_.manager.end_request(RequestRun::request_of(request.plan));
    if (request.counted) {
      measured_.request.record((now - request.planned).count());
      measured_.request_service.record((now - request.started).count());
    }
    idle_.push_back(&request);
    if (!open_) arrive();
  }

  void schedule(Nanoseconds at, SimulatedRequest* request) { events_.push({at, order_++, request}); }

  const ReplayInputs& inputs_;
  VirtualMachine& machine_;
  ReplayBooks books_;
  const bool open_;
  Measurements measured_;
  std::deque<Arrival> arrivals_;  // read, not started: one in open loop, at most one a slot in closed loop
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t order_ = 0;
  std::vector<std::unique_ptr<SimulatedRequest>> all_;
  std::vector<SimulatedRequest*> idle_;
};

}  // namespace

ReplayOutcome replay_simulated(const ReplayInputs& inputs, VirtualMachine& machine) {
  return Simulation(inputs, machine).run();
}

}  // namespace cachebench::bench
