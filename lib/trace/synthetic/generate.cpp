// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/generate.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/hash.h"
#include "trace/synthetic/session.h"

namespace cachebench::trace {
namespace {

constexpr double kMicrosecondsPerSecond = 1e6;

struct OpenSession {
  std::uint64_t id = 0;
  std::uint64_t turns_left = 0;
  std::uint32_t turn = 0;
  std::unique_ptr<Session> session;
};

std::unique_ptr<SessionKind> kind_of(const ClientSpec& client) {
  const nlohmann::ordered_json value = nlohmann::ordered_json::parse(client.session_text);
  SpecObject object(value, client.name + ": session");
  static_cast<void>(object.text("kind"));
  return make_session_kind(client.session_kind, object);
}

}  // namespace

// Each client draws from streams of its own, so that adding one leaves the others as they were.
struct Generator::Client {
  Client(const ClientSpec& client, std::uint64_t seed)
      : spec(client),
        mint(seed, client.name),
        rng(splitmix64(seed) ^ hash64(client.name, 1)),
        clock(client.arrival, Rng(splitmix64(seed) ^ hash64(client.name, 2))),
        images(client.images, mint),
        kind(kind_of(client)),
        sessions(client.open_sessions) {}

  const Lengths& lengths_now() {
    const std::size_t before = phase;
    while (phase + 1 < spec.lengths.size() && due_s >= spec.lengths[phase + 1].start_s) ++phase;
    // Sessions end with the lengths they were drawn from.
    if (phase != before) sessions = std::vector<OpenSession>(spec.open_sessions);
    return spec.lengths[phase];
  }

  // Draws from the streams in a fixed order: lengths, slot, new session, turn.
  void emit(std::uint64_t& next_session, Request& out) {
    Turn turn{.rng = rng, .mint = mint, .lengths = lengths_now(), .images = images};
    OpenSession& slot = sessions[rng.below(sessions.size())];
    if (!slot.session) {
      slot.id = next_session++;
      slot.turns_left = std::max<std::uint64_t>(spec.turns.sample(rng), 1);
      slot.turn = 0;
      slot.session = kind->start(turn);
    }
    turn.number = ++slot.turn;
    out.session = slot.id;
    out.turn = slot.turn;
    slot.session->next(turn, out);
    if (--slot.turns_left == 0) slot.session.reset();
  }

  const ClientSpec& spec;
  ContentMint mint;
  Rng rng;
  ArrivalClock clock;
  ImageSource images;
  std::unique_ptr<SessionKind> kind;
  std::vector<OpenSession> sessions;
  std::size_t phase = 0;
  double due_s = 0;
};

struct Generator::State {
  GeneratorSpec spec;
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::size_t> due;  ///< heap of clients by their next arrival, ties by position
  std::uint64_t made = 0;
  std::uint64_t next_session = 0;

  [[nodiscard]] bool later(std::size_t a, std::size_t b) const {
    const double at_a = clients[a]->due_s;
    const double at_b = clients[b]->due_s;
    return at_a > at_b || (at_a == at_b && a > b);
  }
  // Takes a client up again unless its arrivals have ended.
  void schedule(std::size_t index) {
    const std::optional<double> at = clients[index]->clock.next();
    if (!at || (spec.duration_s && *at >= *spec.duration_s)) return;
    clients[index]->due_s = *at;
    due.push_back(index);
    std::push_heap(due.begin(), due.end(), [this](std::size_t a, std::size_t b) { return later(a, b); });
  }
};

Generator::Generator(GeneratorSpec spec) : state_(std::make_unique<State>()) {
  state_->spec = std::move(spec);
  for (const ClientSpec& client : state_->spec.clients) {
    state_->clients.push_back(std::make_unique<Client>(client, state_->spec.seed));
    state_->schedule(state_->clients.size() - 1);
  }
}

Generator::~Generator() = default;

Header Generator::header() const {
  const GeneratorSpec& spec = state_->spec;
  Header header;
  header.format = "native";
  header.name = spec.name;
  header.source =
      spec.source.empty() ? "cachebench trace generate, seed " + std::to_string(spec.seed) : spec.source;
  header.license = spec.license;
  header.notes = spec.notes;
  header.block_tokens = spec.block_tokens;
  return header;
}

bool Generator::next(Request& out) {
  State& state = *state_;
  if (state.due.empty() || state.made >= state.spec.requests) return false;
  std::pop_heap(state.due.begin(), state.due.end(),
                [&state](std::size_t a, std::size_t b) { return state.later(a, b); });
  const std::size_t index = state.due.back();
  state.due.pop_back();
  Client& client = *state.clients[index];
  out = Request{};
  out.sequence = out.id = state.made++;
  out.arrival = std::chrono::microseconds(static_cast<std::int64_t>(client.due_s * kMicrosecondsPerSecond));
  client.emit(state.next_session, out);
  state.schedule(index);
  return true;
}

std::uint64_t generate(const GeneratorSpec& spec, Writer& out) {
  Generator generator(spec);
  Request request;
  std::uint64_t made = 0;
  while (generator.next(request)) {
    out.write(request);
    ++made;
  }
  return made;
}

}  // namespace cachebench::trace
