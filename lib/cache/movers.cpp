// SPDX-License-Identifier: Apache-2.0
#include "cache/movers.h"

#include <chrono>
#include <utility>

#include "core/check.h"
#include "core/trace_range.h"

namespace cachebench::cache {
namespace {

Nanoseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<Nanoseconds>(std::chrono::steady_clock::now() - start);
}

void wait_for_room(Copy& copy) {
  for (;;) {
    const std::uint64_t seen = copy.gate().generation();
    if (copy.allocate()) return;
    copy.gate().wait_changed(seen);
  }
}

const TraceName& range_of(Level from, Level to) {
  return index_of(to) < index_of(from) ? trace_names::kPromote : trace_names::kDemote;
}

}  // namespace

// One copy from plane to plane.
struct Movers::Job {
  CopyPtr source;  // given up once its bytes are lifted
  CopyPtr target;
  std::optional<tier::StagingPool::Lease> lifted;
  const TraceName* range = nullptr;
  [[nodiscard]] bool upwards() const { return range == &trace_names::kPromote; }
};

struct Movers::Plan final : PlannedTransfers {
  std::vector<CopyPtr> fills;  // inserted on the caller's thread
  std::vector<std::shared_ptr<Job>> jobs;
  std::vector<CopyPtr> retired;  // freed once the lock is released
  std::span<const std::byte> content;
};

Movers::Movers(std::vector<tier::Plane*> planes, std::size_t threads)
    : planes_(std::move(planes)),
      staging_(tier::StagingPool::Options{}),
      upward_(threads, "promote"),
      downward_(threads, "demote") {
  for (std::size_t i = 0; i < planes_.size(); ++i) gates_.push_back(std::make_unique<SpaceGate>());
}

Movers::~Movers() {
  drain();
}

CopyPtr& Movers::slot(EntryId id, Level level) {
  if (index_of(id) >= copies_.size())
    copies_.resize(std::max<std::size_t>(1024, std::size_t{index_of(id)} * 2));
  return copies_[index_of(id)][index_of(level)];
}

CopyPtr Movers::copy_at(EntryId id, Level level) const {
  if (level == Level::kNone || index_of(id) >= copies_.size()) return nullptr;
  return copies_[index_of(id)][index_of(level)];
}

void Movers::adopt(EntryId id, Level level, CopyPtr copy) {
  slot(id, level) = std::move(copy);
}

CopyPtr Movers::new_copy(EntryId id, Level level, const Directory& directory) {
  const EntryDescription& what = directory[id].what;
  const tier::RecordInfo info{.key = what.key, .meta = what.meta, .kind = what.kind};
  return std::make_shared<Copy>(plane(level), gate(level), info, what.bytes);
}

std::unique_ptr<PlannedTransfers> Movers::plan(std::span<const Move> moves, const Directory& directory,
                                               const TensorView* content) {
  auto plan = std::make_unique<Plan>();
  if (content != nullptr) plan->content = content->data;
  for (const Move& move : moves) {
    CopyPtr source = move.from == Level::kNone ? nullptr : slot(move.id, move.from);
    if (move.kind == Move::Kind::kMove || move.kind == Move::Kind::kDrop) slot(move.id, move.from) = nullptr;
    if (move.kind == Move::Kind::kDrop) {
      plan->retired.push_back(std::move(source));
      continue;
    }
    CopyPtr target = new_copy(move.id, move.to, directory);
    slot(move.id, move.to) = target;
    const bool inserts = move.kind == Move::Kind::kInsert;
    if (inserts && plan->fills.empty()) {
      plan->fills.push_back(std::move(target));
      continue;
    }
    // A second insertion of the same entry (write-through) copies the first one.
    if (inserts) source = plan->fills.front();
    CACHEBENCH_CHECK(source != nullptr, "a move of entry {} has no source", index_of(move.id));
    auto job = std::make_shared<Job>();
    job->source = std::move(source);
    job->target = std::move(target);
    job->range = inserts ? &trace_names::kDemote : &range_of(move.from, move.to);
    {
      const MutexLock lock(progress_mutex_);
      ++under_way_;
      if (!job->upwards()) backlog_ += job->target->bytes();
    }
    plan->jobs.push_back(std::move(job));
  }
  return plan;
}

void Movers::start(std::unique_ptr<PlannedTransfers> planned) {
  const std::unique_ptr<Plan> plan(static_cast<Plan*>(planned.release()));
  if (plan == nullptr) return;
  plan->retired.clear();
  for (std::shared_ptr<Job>& job : plan->jobs) {
    const CopyPtr source = job->source;
    source->when_settled([this, job = std::move(job)] { submit(job); });
  }
  if (!plan->fills.empty()) wait_for_backlog();
  for (const CopyPtr& target : plan->fills) fill(*target, plan->content);
}

void Movers::submit(std::shared_ptr<Job> job) {
  ThreadPool& pool = job->upwards() ? upward_ : downward_;
  pool.submit([this, job = std::move(job)] { run(job); });
}

void Movers::run(const std::shared_ptr<Job>& job) {
  // Only this job still knows the target: it was evicted before its bytes arrived.
  if (job->target.use_count() == 1)
    return finish(job, {.status = tier::TransferStatus::kFailed, .error = {}, .service = {}});
  if (job->source != nullptr) {
    const tier::Completion source = job->source->wait();  // settled: does not block
    if (source.status != tier::TransferStatus::kDone) return finish(job, source);
  }
  const std::uint64_t seen = job->target->gate().generation();
  if (!job->target->allocate()) {
    if (job->source != nullptr) {
      job->lifted = staging_.acquire(job->source->bytes());
      const tier::Completion read =
          job->source->plane().read(job->source->block(), job->lifted->span()).wait();
      job->source = nullptr;
      if (read.status != tier::TransferStatus::kDone) return finish(job, read);
    }
    job->target->gate().when_changed(seen, [this, job] { submit(job); });
    return;
  }
  const TraceRange range(*job->range, job->target->bytes().value);
  if (job->source != nullptr) return finish(job, transfer(*job->source, *job->target));
  Copy& target = *job->target;
  finish(job, target.plane()
                  .write(target.block(), target.info(), job->lifted->span().first(target.bytes().value))
                  .wait());
}

void Movers::finish(const std::shared_ptr<Job>& job, const tier::Completion& completion) {
  if (completion.status == tier::TransferStatus::kFailed && completion.error) failures_.fetch_add(1);
  job->source = nullptr;
  job->lifted.reset();
  job->target->settle(completion);
  const Bytes bytes = job->target->bytes();
  job->target = nullptr;
  const MutexLock lock(progress_mutex_);
  --under_way_;
  if (!job->upwards()) backlog_ -= bytes;
  progress_.notify_all();
}

void Movers::wait_for_backlog() {
  const MutexLock lock(progress_mutex_);
  while (backlog_ > kBacklogBytes) progress_.wait(progress_mutex_);
}

void Movers::fill(Copy& target, std::span<const std::byte> bytes) {
  CACHEBENCH_CHECK(bytes.size() == target.bytes().value, "content of {} bytes for an entry of {}",
                   bytes.size(), target.bytes().value);
  const TraceRange range(trace_names::kPut, bytes.size());
  wait_for_room(target);
  const tier::Completion done = target.plane().write(target.block(), target.info(), bytes).wait();
  if (done.status == tier::TransferStatus::kFailed) failures_.fetch_add(1);
  target.settle(done);
}

tier::Completion Movers::transfer(const Copy& source, Copy& target) {
  const auto start = std::chrono::steady_clock::now();
  tier::Completion done;
  if (const auto view = source.plane().host_view(source.block()); !view.empty()) {
    done = target.plane().write(target.block(), target.info(), view).wait();
  } else if (const auto room = target.plane().host_view(target.block()); !room.empty()) {
    done = source.plane().read(source.block(), room).wait();
  } else {
    const tier::StagingPool::Lease staging = staging_.acquire(source.bytes());
    done = source.plane().read(source.block(), staging.span()).wait();
    if (done.status == tier::TransferStatus::kDone) {
      done = target.plane()
                 .write(target.block(), target.info(), staging.span().first(source.bytes().value))
                 .wait();
    }
  }
  done.service = since(start);
  return done;
}

tier::Completion Movers::fetch_to_device(const Copy& source) {
  const auto start = std::chrono::steady_clock::now();
  tier::Completion done;
  std::span<const std::byte> bytes = source.plane().host_view(source.block());
  std::optional<tier::StagingPool::Lease> staging;
  if (bytes.empty() && source.bytes().value > 0) {
    staging = staging_.acquire(source.bytes());
    done = source.plane().read(source.block(), staging->span()).wait();
    bytes = staging->span().first(source.bytes().value);
  }
  while (done.status == tier::TransferStatus::kDone && !bytes.empty()) {
    const auto piece = bytes.first(std::min<std::size_t>(bytes.size(), kLandingBytes.value));
    Copy landing(*planes_.front(), *gates_.front(), source.info(), Bytes{piece.size()});
    wait_for_room(landing);
    done = landing.plane().write(landing.block(), landing.info(), piece).wait();
    bytes = bytes.subspan(piece.size());
  }
  done.service = since(start);
  return done;
}

void Movers::drain() {
  {
    const MutexLock lock(progress_mutex_);
    while (under_way_ > 0) progress_.wait(progress_mutex_);
  }
  for (tier::Plane* plane : planes_) plane->flush();
}

}  // namespace cachebench::cache
