// SPDX-License-Identifier: Apache-2.0
#include "cache/movers.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "cache/lock_watch.h"
#include "core/check.h"
#include "core/error.h"
#include "core/trace_range.h"
#include "tier/file_part.h"
#include "tier/form_sink.h"
#include "tier/pinned_memory.h"

namespace cachebench::cache {
namespace {

using tier::Completion;
using tier::TransferStatus;

Nanoseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<Nanoseconds>(std::chrono::steady_clock::now() - start);
}

const TraceName& range_of(Level from, Level to) {
  if (from == Level::kNone) return trace_names::kPut;
  return index_of(to) < index_of(from) ? trace_names::kPromote : trace_names::kDemote;
}

std::vector<std::unique_ptr<SpaceGate>> make_gates(std::size_t count) {
  std::vector<std::unique_ptr<SpaceGate>> gates;
  for (std::size_t i = 0; i < count; ++i) gates.push_back(std::make_unique<SpaceGate>());
  return gates;
}

// Buffers for copies to and from a GPU are its own to lock.
std::shared_ptr<tier::PinnedMemory> pinned_memory_of(const std::vector<tier::Plane*>& planes) {
  for (tier::Plane* const plane : planes) {
    auto* const source = dynamic_cast<tier::PinnedSource*>(plane);
    if (source == nullptr) continue;
    if (std::shared_ptr<tier::PinnedMemory> pinned = source->pinned_memory()) return pinned;
  }
  return nullptr;
}

// Whoever asks for it waits anyway, so a short one needs nobody else's help.
Completion written(tier::Plane& plane, const tier::Block& block, const tier::RecordInfo& info,
                   std::span<const std::byte> bytes) {
  if (bytes.size() > Movers::kAtOnceBytes.value) return plane.write(block, info, bytes).wait();
  return plane.write_at_once(block, info, bytes, [] {});
}

// Not an error: nobody is left to tell.
const Completion kSkipped{.status = TransferStatus::kFailed, .error = {}, .service = {}};

// What the host can address of a copy, in whichever form it lies there.
std::span<const std::byte> bytes_at_hand(const Copy& copy) {
  return copy.is_form() ? copy.stored_view() : copy.host_view();
}

}  // namespace

// One copy, from another copy or from the caller's memory.
struct Movers::Job {
  CopyPtr source;                      // given up once its bytes are lifted
  std::span<const std::byte> content;  // of an insertion: the caller waits until it is settled
  CopyPtr target;
  std::optional<tier::StagingPool::Lease> lifted;
  Passes passes;  // of the source
  const TraceName* range = nullptr;
  std::uint64_t seen = 0;  // generation of the target's gate when there was no room
  bool inserts = false;
  std::function<void()> meanwhile;  // whoever asked carries it out: called once its bytes are on their way
  bool inherits = false;            // its source failed, and was counted for it

  [[nodiscard]] Direction direction() const {
    return range == &trace_names::kPromote ? Direction::kUp : Direction::kDown;
  }
  // What counts as backlog: insertions are waited for by those who cause them.
  [[nodiscard]] Bytes background() const { return inserts ? Bytes{0} : target->bytes(); }
};

struct Movers::Plan final : PlannedTransfers {
  JobPtr fill;  // runs on the caller's thread
  std::vector<JobPtr> jobs;
  std::vector<CopyPtr> retired;  // freed once the lock is released
};

Movers::Movers(std::vector<tier::Plane*> planes, const Options& options)
    : planes_(std::move(planes)),
      gates_(make_gates(planes_.size())),
      staging_({.bound = options.staging, .pinned = pinned_memory_of(planes_)}),
      landing_(*planes_.front(), *gates_.front(), planes_.size() > 1 ? kLandingBytes : Bytes{0}),
      upward_(options.threads, "promote"),
      downward_(options.threads, "demote") {}

Movers::~Movers() {
  progress_.wait_idle();
  // What the directory lists stays where it outlives the process.
  for (CopyRow& row : copies_) {
    for (const CopyPtr& copy : row) {
      if (copy != nullptr && copy->wait().status == TransferStatus::kDone) copy->leave_on_plane();
    }
  }
}

CopyPtr& Movers::slot(EntryId id, Level level) {
  if (index_of(id) >= copies_.size())
    copies_.resize(std::max<std::size_t>(1024, (std::size_t{index_of(id)} + 1) * 2));
  return copies_[index_of(id)][index_of(level)];
}

CopyPtr Movers::copy_at(EntryId id, Level level) const {
  if (level == Level::kNone || index_of(id) >= copies_.size()) return nullptr;
  return copies_[index_of(id)][index_of(level)];
}

void Movers::adopt(EntryId id, Level level, CopyPtr copy) {
  copy->count_in(meter_);
  slot(id, level) = std::move(copy);
}

CopyPtr Movers::new_copy(const Move& move, const Directory& directory) {
  const EntryDescription& what = directory[move.id].what;
  tier::RecordInfo info{.key = what.key, .meta = what.meta, .kind = what.kind};
  if (move.to_form == tier::Encoding::kPlain || what.meta.bytes() != what.bytes)
    return std::make_shared<Copy>(plane(move.to), gate(move.to), info, what.bytes);
  info.encoding = move.to_form;
  return std::make_shared<Copy>(plane(move.to), gate(move.to), info, meter_);
}

std::unique_ptr<PlannedTransfers> Movers::plan(std::span<const Move> moves, const Directory& directory,
                                               const TensorView* content) {
  auto plan = std::make_unique<Plan>();
  for (const Move& move : moves) {
    auto job = std::make_shared<Job>();
    job->range = &range_of(move.from, move.to);
    if (move.from != Level::kNone) job->source = slot(move.id, move.from);
    if (move.kind == Move::Kind::kMove || move.kind == Move::Kind::kDrop) {
      if (job->source != nullptr) job->source->unlist();
      slot(move.id, move.from) = nullptr;
    }
    if (move.kind == Move::Kind::kDrop) {
      plan->retired.push_back(std::move(job->source));
      continue;
    }
    job->target = new_copy(move, directory);
    slot(move.id, move.to) = job->target;
    if (move.kind == Move::Kind::kInsert && plan->fill == nullptr) {
      CACHEBENCH_CHECK(content != nullptr && content->data.size() == job->target->bytes().value,
                       "no content of {} bytes for an entry", job->target->bytes().value);
      job->inserts = true;
      job->content = content->data;
      plan->fill = job;
    } else {
      // A second insertion of the same entry (write-through) copies the first one.
      if (move.kind == Move::Kind::kInsert) job->source = plan->fill->target;
      CACHEBENCH_CHECK(job->source != nullptr, "a move of entry {} has no source", index_of(move.id));
      plan->jobs.push_back(job);
    }
    progress_.planned(job->direction(), job->background());
  }
  return plan;
}

void Movers::start(std::unique_ptr<PlannedTransfers> planned) {
  const std::unique_ptr<Plan> plan(static_cast<Plan*>(planned.release()));
  if (plan == nullptr) return;
  check_no_decision_lock("a transfer");
  plan->retired.clear();
  carry_on(*plan);
}

void Movers::start_hit(std::unique_ptr<PlannedTransfers> planned, const CopyPtr& awaited) {
  const std::unique_ptr<Plan> plan(static_cast<Plan*>(planned.release()));
  if (plan == nullptr) return;
  check_no_decision_lock("a transfer");
  const auto hit = std::find_if(plan->jobs.begin(), plan->jobs.end(),
                                [&](const JobPtr& job) { return job->target == awaited; });
  if (hit == plan->jobs.end() || !goes_at_once(**hit)) {
    plan->retired.clear();
    return carry_on(*plan);
  }
  // What makes room for the next one is handed over while the link carries this one.
  const JobPtr job = std::move(*hit);
  plan->jobs.erase(hit);
  job->meanwhile = [&] {
    plan->retired.clear();
    submit_all(*plan);
  };
  progress_.began();
  run(job);
  submit_all(*plan);  // what failed before it was on its way
  progress_.wait_for_backlog(kHitBacklogBytes);
}

bool Movers::goes_at_once(Job& job) const {
  if (job.direction() != Direction::kUp || job.target->bytes() > kAtOnceBytes || !job.target->is_plain())
    return false;
  if (!job.source->is_settled() || bytes_at_hand(*job.source).empty()) return false;
  return job.target->allocate();
}

void Movers::submit_all(Plan& plan) {
  for (JobPtr& job : plan.jobs) {
    const CopyPtr source = job->source;
    source->when_settled([this, job = std::move(job)] { submit(job); });
  }
  plan.jobs.clear();
}

void Movers::carry_on(Plan& plan) {
  const bool moves = plan.fill != nullptr || !plan.jobs.empty();
  submit_all(plan);
  if (plan.fill != nullptr) {
    const CopyPtr target = plan.fill->target;
    progress_.began();
    run(plan.fill);
    static_cast<void>(target->wait());
  }
  // Only now: others' transfers may wait for this insertion, and whoever waits here waits for them.
  if (moves) progress_.wait_for_backlog(plan.fill != nullptr ? kBacklogBytes : kHitBacklogBytes);
}

void Movers::submit(const JobPtr& job) {
  progress_.began();
  ThreadPool& pool = job->direction() == Direction::kUp ? upward_ : downward_;
  pool.submit([this, job] { run(job); });
}

void Movers::run(const JobPtr& job) {
  std::optional<Completion> done;
  try {
    done = carry_out(*job);
  } catch (...) {
    done = Completion{.status = TransferStatus::kFailed, .error = std::current_exception(), .service = {}};
  }
  if (done) {
    finish(*job, *done);
  } else {
    park(job);
  }
  end_activity();
}

std::optional<Completion> Movers::carry_out(Job& job) {
  // Only this job still knows the target: it was evicted before its bytes arrived.
  if (job.target.use_count() == 1) return kSkipped;
  if (job.source != nullptr) {
    const Completion source = job.source->wait();  // settled: does not block
    job.inherits = source.status != TransferStatus::kDone;
    if (job.inherits) return source;
    // Resized on the way: what was stored is out of date, and is about to be written anew.
    if (job.source->bytes() != job.target->bytes()) return kSkipped;
    job.passes = job.source->passes();
  }
  job.seen = job.target->gate().generation();
  if (!job.target->allocate()) return go_without_room(job);
  progress_.found_room();
  const TraceRange range(*job.range, job.target->bytes().value);
  if (!job.target->is_plain()) {
    if (std::optional<Completion> done = write_encoded(job)) return done;
    job.seen = job.target->gate().generation();
    if (!job.target->allocate()) return go_without_room(job);
  }
  return write_plain(job);
}

Completion Movers::write_plain(Job& job) {
  Copy& target = *job.target;
  target.set_passes(job.passes);
  if (job.meanwhile) return write_at_once(*job.source, target, job.meanwhile);
  if (job.source != nullptr) return transfer(*job.source, target);
  const auto bytes = job.lifted ? std::span<const std::byte>(job.lifted->span()) : job.content;
  return target.plane().write(target.block(), target.info(), bytes.first(target.bytes().value)).wait();
}

Completion Movers::write_at_once(const Copy& source, Copy& target, const std::function<void()>& meanwhile) {
  if (const auto view = source.host_view(); !view.empty())
    return target.plane().write_at_once(target.block(), target.info(), view, meanwhile);
  if (auto* const sink = dynamic_cast<tier::FormSink*>(&target.plane())) {
    const auto done =
        sink->write_decoded_at_once(target.block(), source.info(), source.stored_view(), meanwhile);
    if (done) {
      const MutexLock lock(stats_mutex_);
      ++stats_.decoded_above;
      return *done;
    }
  }
  meanwhile();
  return transfer(source, target);
}

std::optional<Completion> Movers::write_encoded(Job& job) {
  Copy& target = *job.target;
  const tier::StagingPool::Lease room = staging_.acquire(target.stored());
  const std::span<std::byte> form = room.span().first(target.stored().value);
  Completion done;
  target.set_passes(job.passes);
  if (job.source != nullptr && job.source->encoding() == target.encoding()) {
    done = job.source->read_stored(room.span()).wait();
    if (done.status != TransferStatus::kDone) return done;
  } else {
    std::span<const std::byte> plain = job.source != nullptr ? job.source->host_view() : job.content;
    if (job.source != nullptr && plain.empty()) {
      done = lift(job);
      if (done.status != TransferStatus::kDone) return done;
    }
    if (job.lifted) plain = job.lifted->span();
    const auto start = std::chrono::steady_clock::now();
    if (!meter_.encode(target.info(), plain.first(target.bytes().value), form)) {
      target.become_plain();
      return std::nullopt;
    }
    done.service += since(start);
    Passes passes = job.passes;
    passes.add(target.encoding());
    target.set_passes(passes);
  }
  const Nanoseconds before = done.service;
  done = target.plane().write(target.block(), target.info(), form).wait();
  done.service += before;
  return done;
}

std::optional<Completion> Movers::go_without_room(Job& job) {
  // A copy that the directory gave up already only passes its bytes on.
  const bool stays_aside = !job.target->is_listed() || progress_.take_force();
  if (job.source != nullptr || stays_aside) {
    const Completion read = lift(job);
    if (read.status != TransferStatus::kDone) return read;
  }
  if (!stays_aside) return std::nullopt;
  job.target->become_plain();  // in staging memory there is no need to be small
  job.target->set_passes(job.passes);
  job.target->keep_in(std::move(*job.lifted));
  job.lifted.reset();
  const MutexLock lock(stats_mutex_);
  ++stats_.kept_aside;
  return Completion{};
}

Completion Movers::lift(Job& job) {
  if (job.lifted) return {};
  job.lifted = staging_.acquire(job.target->bytes());
  Completion done;
  if (job.source != nullptr) {
    done = job.source->read(job.lifted->span()).wait();
    job.source = nullptr;
  } else if (!job.content.empty()) {
    std::memcpy(job.lifted->span().data(), job.content.data(), job.content.size());
  }
  return done;
}

void Movers::park(const JobPtr& job) {
  progress_.parked();
  job->target->gate().when_changed(job->seen, [this, job] {
    progress_.unparked();
    submit(job);
  });
}

void Movers::end_activity() {
  if (!progress_.ended()) return;
  for (const auto& gate : gates_) gate->notify();
}

void Movers::finish(Job& job, const Completion& completion) {
  if (!job.inherits) note_failure(completion);
  job.source = nullptr;
  job.lifted.reset();
  job.target->settle(completion);
  const Bytes bytes = job.background();
  job.target = nullptr;
  progress_.finished(job.direction(), bytes);
}

void Movers::note_failure(const Completion& completion) {
  if (completion.status != TransferStatus::kFailed || completion.error == nullptr) return;
  const MutexLock lock(stats_mutex_);
  if (++stats_.failures > 1) return;
  try {
    std::rethrow_exception(completion.error);
  } catch (const std::exception& error) {
    stats_.first_failure = error.what();
  } catch (...) {
    stats_.first_failure = "an unknown error";
  }
}

TransferStats Movers::stats() const {
  TransferStats stats;
  {
    const MutexLock lock(stats_mutex_);
    stats = stats_;
  }
  for (const tier::Plane* plane : planes_) stats.planes.push_back(plane->stats());
  stats.lossy = meter_.uses();
  stats.kept = meter_.kept();
  return stats;
}

// Service is what the planes needed, one after the other: the hand-over to this thread between them is none
// of theirs, and depends on what else the machine does.
Completion Movers::transfer(const Copy& source, Copy& target) {
  if (const std::optional<Completion> decoded = transfer_form(source, target)) return *decoded;
  Completion done;
  if (const auto view = source.host_view(); !view.empty()) {
    done = written(target.plane(), target.block(), target.info(), view);
  } else if (const auto room = target.plane().host_view(target.block()); !room.empty()) {
    done = source.read(room).wait();
  } else if (const auto direct = transfer_file(source, target)) {
    return *direct;
  } else {
    const tier::StagingPool::Lease staging = staging_.acquire(source.bytes());
    done = source.read(staging.span()).wait();
    if (done.status == TransferStatus::kDone) {
      const Nanoseconds read = done.service;
      const auto bytes = staging.span().first(source.bytes().value);
      done = written(target.plane(), target.block(), target.info(), bytes);
      done.service += read;
    }
  }
  return done;
}

std::optional<Completion> Movers::transfer_file(const Copy& source, const Copy& target) {
  auto* const sink = dynamic_cast<tier::FileSink*>(&target.plane());
  if (sink == nullptr || !sink->takes_files() || !source.is_plain()) return std::nullopt;
  const auto* const file = dynamic_cast<const tier::FileSource*>(&source.plane());
  const std::optional<tier::FilePart> part = file != nullptr ? file->file_part(source.block()) : std::nullopt;
  if (!part) return std::nullopt;
  return sink->write_file(target.block(), *part);
}

std::optional<Completion> Movers::transfer_form(const Copy& source, Copy& target) {
  auto* const sink = source.is_form() ? dynamic_cast<tier::FormSink*>(&target.plane()) : nullptr;
  if (sink == nullptr) return std::nullopt;
  std::optional<tier::StagingPool::Lease> staging;
  std::span<const std::byte> form = source.stored_view();
  Completion read;
  if (form.empty()) {
    staging = staging_.acquire(source.stored());
    read = source.read_stored(staging->span()).wait();
    if (read.status != TransferStatus::kDone) return read;
    form = staging->span().first(source.stored().value);
  }
  const std::optional<tier::Ticket> ticket = sink->write_decoded(target.block(), source.info(), form);
  if (!ticket) return std::nullopt;
  Completion done = ticket->wait();
  done.service += read.service;
  const MutexLock lock(stats_mutex_);
  ++stats_.decoded_above;
  return done;
}

Completion Movers::fetch_to_device(const Copy& source) {
  if (const auto view = source.host_view(); !view.empty() || source.bytes().value == 0)
    return fetch_to_device(source, view);
  const tier::StagingPool::Lease staging = staging_.acquire(source.bytes());
  const Completion read = source.read(staging.span()).wait();
  if (read.status != TransferStatus::kDone) return read;
  Completion done = fetch_to_device(source, staging.span().first(source.bytes().value));
  done.service += read.service;
  return done;
}

Completion Movers::fetch_to_device(const Copy& source, std::span<const std::byte> in_host) {
  Completion done;
  while (done.status == TransferStatus::kDone && !in_host.empty()) {
    const auto piece = in_host.first(std::min<std::size_t>(in_host.size(), kLandingBytes.value));
    const LandingBlocks::Lease landing(landing_);
    if (!landing) break;
    const tier::Block room{.handle = landing.block().handle, .bytes = Bytes{piece.size()}};
    const Nanoseconds before = done.service;
    done = written(landing_.plane(), room, source.info(), piece);
    done.service += before;
    in_host = in_host.subspan(piece.size());
  }
  return done;
}

void Movers::drain() {
  progress_.wait_idle();
  for (tier::Plane* plane : planes_) plane->flush();
}

}  // namespace cachebench::cache
