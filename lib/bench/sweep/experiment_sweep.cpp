// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/experiment_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/sweep/merge.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/thread_pool.h"
#include "result/sweep_analysis.h"
#include "version.h"

namespace cachebench::bench {
namespace {

// Long enough to time a point, short enough to be asked.
constexpr Nanoseconds kTrial{3'000'000'000};

bool is_whole_halving(const SweepConfig& config) {
  return config.design == SweepDesign::kSuccessiveHalving;
}

/// Runs `job(i)` for i below `count` on `threads`, and hands the first failure to the caller.
template <typename Job>
void on_all(std::size_t threads, std::size_t count, const Job& job) {
  if (count == 0) return;
  Mutex mutex;
  std::exception_ptr failure;
  {
    ThreadPool pool(std::clamp<std::size_t>(threads, 1, count), "sweep");
    for (std::size_t i = 0; i < count; ++i) {
      pool.submit([&, i] {
        try {
          job(i);
        } catch (...) {
          const MutexLock lock(mutex);
          if (!failure) failure = std::current_exception();
        }
      });
    }
    pool.drain();
  }
  if (failure) std::rethrow_exception(failure);
}

std::string fingerprint_of(const SweepConfig& config, const Design& design, const result::TraceFacts& facts) {
  std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n", build::kVersion, config.name, name_of(config.design),
                                 design.points_run(), config.slices);
  for (const Axis& axis : config.axes) {
    for (const AxisValue& value : axis.values)
      text += fmt::format("{}\n", fmt::join(value.assignments, "\n"));
  }
  text += to_json(resolve_point(config, {})).dump() + "\n" + facts.sha256;
  return to_hex(hash_key(text));
}

class Sweep {
 public:
  Sweep(const SweepConfig& config, const SweepOptions& options)
      : config_(config), options_(options), design_(config), runner_(config, design_), start_(clock_.now()) {}

  result::SweepResult run() {
    refuse_many();
    if (is_whole_halving(config_) && options_.shard.count > 1) {
      throw Error(ErrorKind::kUsage,
                  "--shard does not go with successive-halving: who goes on depends on all");
    }
    std::vector<WorkItem> items = design_.items();
    std::vector<ReadyPoint> ready = prepare(mine(items));
    make_plan(items);
    if (!options_.output.empty()) {
      write_plan(options_.output, plan_);
      journal_.emplace(options_.output + "/" + kJournalFile);
    }
    run_all(ready);
    for (std::uint32_t rung = 2; is_whole_halving(config_) && rung <= config_.halving.rungs; ++rung) {
      if (options_.stop->requested()) break;
      run_all(prepare(survivors(rung)));
    }
    return assemble(plan_, std::move(entries_), why_partial());
  }

 private:
  void refuse_many() {
    const std::uint64_t items = design_.points_run();
    if (options_.sure || config_.limit || items <= kManyPoints) return;
    throw Error(ErrorKind::kUsage,
                fmt::format("{} points would take about {} on {} threads: --yes runs them all, --limit N the "
                            "first N",
                            items, estimate(items), options_.threads));
  }

  // From one point, or a part of it.
  std::string estimate(std::uint64_t points) {
    ReadyPoint first = runner_.prepare({.point = 0, .slice = 0, .rung = is_whole_halving(config_) ? 1U : 0U});
    first.config.load.max_time = kTrial;
    const std::uint64_t all = std::max<std::uint64_t>(runner_.facts(first).requests, 1);
    const result::SweepPoint point = runner_.run(first, *options_.stop);
    const std::uint64_t replayed = std::max<std::uint64_t>(point.totals.requests, 1);
    const double seconds = point.seconds * static_cast<double>(std::max(all, replayed)) /
                           static_cast<double>(replayed) * static_cast<double>(points) /
                           static_cast<double>(options_.threads);
    constexpr double kMostSeconds = 3e9;  // a century; more would not fit
    return format_duration(Nanoseconds{static_cast<std::int64_t>(std::min(seconds, kMostSeconds) * 1e9)});
  }

  [[nodiscard]] std::vector<WorkItem> mine(const std::vector<WorkItem>& items) const {
    std::vector<WorkItem> list;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i % options_.shard.count == options_.shard.index) list.push_back(items[i]);
    }
    return list;
  }

  std::vector<ReadyPoint> prepare(const std::vector<WorkItem>& items) {
    std::vector<ReadyPoint> ready(items.size());
    on_all(options_.threads, items.size(), [&](std::size_t i) { ready[i] = runner_.prepare(items[i]); });
    return ready;
  }

  void make_plan(const std::vector<WorkItem>& items) {
    const std::uint32_t last = is_whole_halving(config_) ? config_.halving.rungs : 0;
    const result::TraceFacts facts = runner_.facts(runner_.prepare({.point = 0, .slice = 0, .rung = last}));
    plan_.fingerprint = fingerprint_of(config_, design_, facts);
    if (!is_whole_halving(config_)) plan_.items = items;
    plan_.frame.name = config_.name;
    plan_.frame.trace = facts;
    plan_.frame.design = name_of(config_.design);
    plan_.frame.metric = result::SweepMetric::kSavedTime;
    plan_.frame.axes = design_.axes();
    total_ += is_whole_halving(config_) ? items.size() : mine(items).size();
  }

  void run_all(const std::vector<ReadyPoint>& ready) {
    std::vector<const ReadyPoint*> simulated;
    std::vector<const ReadyPoint*> real;
    for (const ReadyPoint& point : ready) {
      if (take_finished(point)) continue;
      (point.config.mode == RunMode::kReal ? real : simulated).push_back(&point);
    }
    if (options_.crew != nullptr) {
      if (!real.empty()) {
        throw Error(ErrorKind::kUsage, "points in real mode run one at a time: without mpirun");
      }
      run_by_crew(simulated);
      return;
    }
    const auto run_one = [&](const ReadyPoint& point) {
      if (!options_.stop->requested()) take({point.key, point.item, runner_.run(point, *options_.stop), {}});
    };
    on_all(options_.threads, simulated.size(), [&](std::size_t i) { run_one(*simulated[i]); });
    // They measure the machine: one at a time.
    for (const ReadyPoint* point : real) run_one(*point);
  }

  void run_by_crew(const std::vector<const ReadyPoint*>& points) {
    std::vector<WorkItem> items;
    for (const ReadyPoint* point : points) items.push_back(point->item);
    const auto run_here = [&](const WorkItem& item) {
      const auto found = std::find_if(points.begin(), points.end(),
                                      [&](const ReadyPoint* point) { return point->item == item; });
      return to_line({(*found)->key, item, runner_.run(**found, *options_.stop), {}});
    };
    const auto take_line = [&](const std::string& line) {
      if (!line.empty()) take(entry_from_line(line, "a finished point"));
    };
    options_.crew->hand_out(items, run_here, take_line, *options_.stop);
  }

  // What was finished before is not run again; it is called what this sweep calls it.
  bool take_finished(const ReadyPoint& ready) {
    const JournalEntry* found = journal_ ? journal_->find(ready.key) : nullptr;
    if (found == nullptr) return false;
    JournalEntry entry = *found;
    entry.item = ready.item;
    entry.point.name = ready.setting.name;
    entry.point.axes = ready.setting.axes;
    entry.point.config = nlohmann::ordered_json(ready.setting.axes).dump();
    // Of an earlier sweep in this folder, one with fewer values, say: it is this one's from now on.
    const bool is_of_this = entry.sweep == plan_.fingerprint && entry.item == found->item;
    entry.sweep = plan_.fingerprint;
    if (!is_of_this) journal_->append(entry);
    const MutexLock lock(mutex_);
    ++found_;
    report(entry);
    entries_.push_back(std::move(entry));
    return true;
  }

  void take(JournalEntry entry) CACHEBENCH_EXCLUDES(mutex_) {
    const bool stopped = options_.stop->requested() && entry.point.status == result::Status::kPartial;
    if (stopped) return;
    entry.sweep = plan_.fingerprint;
    // One that failed is tried again by the next start.
    if (journal_ && entry.point.status != result::Status::kInvalid) journal_->append(entry);
    const MutexLock lock(mutex_);
    report(entry);
    entries_.push_back(std::move(entry));
  }

  void report(const JournalEntry& entry) CACHEBENCH_REQUIRES(mutex_) {
    if (!options_.progress) return;
    options_.progress({.done = entries_.size() + 1,
                       .found = found_,
                       .total = total_,
                       .seconds = static_cast<double>((clock_.now() - start_).count()) * 1e-9,
                       .last = entry.point.name});
  }

  // Of the round before, the better ones: one in `keep`, at least one.
  std::vector<WorkItem> survivors(std::uint32_t rung) {
    std::vector<const JournalEntry*> before;
    for (const JournalEntry& entry : entries_) {
      const bool fit = entry.point.status == result::Status::kComplete && !entry.point.bound;
      if (entry.item.rung + 1 == rung && fit) before.push_back(&entry);
    }
    std::sort(before.begin(), before.end(), [](const JournalEntry* a, const JournalEntry* b) {
      if (a->point.totals.saved_ns != b->point.totals.saved_ns) {
        return a->point.totals.saved_ns > b->point.totals.saved_ns;
      }
      return a->item.point < b->item.point;
    });
    const std::size_t kept = (before.size() + config_.halving.keep - 1) / config_.halving.keep;
    std::set<std::uint64_t> points;
    for (std::size_t i = 0; i < kept; ++i) points.insert(before[i]->item.point);
    std::vector<WorkItem> items;
    for (const std::uint64_t point : points) items.push_back({.point = point, .slice = 0, .rung = rung});
    total_ += items.size();
    return items;
  }

  [[nodiscard]] std::string why_partial() const {
    if (options_.stop->requested()) return "interrupted";
    if (options_.shard.count > 1) {
      return fmt::format("shard {} of {}", options_.shard.index, options_.shard.count);
    }
    return "";
  }

  const SweepConfig& config_;
  const SweepOptions& options_;
  const Design design_;
  PointRunner runner_;
  const RealClock clock_;
  const Nanoseconds start_;
  SweepPlan plan_;
  std::optional<Journal> journal_;
  std::uint64_t total_ = 0;
  Mutex mutex_;
  std::uint64_t found_ = 0;
  std::vector<JournalEntry> entries_;  // of points that ended; guarded while points run
};

}  // namespace

result::SweepResult run_sweep(const SweepConfig& config, const SweepOptions& options) {
  return Sweep(config, options).run();
}

void serve_sweep(const SweepConfig& config, Crew& crew, const StopToken& stop) {
  const Design design(config);
  PointRunner runner(config, design);
  crew.serve([&](const WorkItem& item) {
    try {
      const ReadyPoint ready = runner.prepare(item);
      const result::SweepPoint point = runner.run(ready, stop);
      const bool stopped = stop.requested() && point.status == result::Status::kPartial;
      return stopped ? std::string() : to_line({ready.key, item, point, {}});
    } catch (const Error& error) {
      const PointSetting setting = design.setting(item);
      result::SweepPoint failed;
      failed.name = setting.name;
      failed.axes = setting.axes;
      failed.status = result::Status::kInvalid;
      failed.reason = error.what();
      return to_line({"", item, failed, {}});
    }
  });
}

}  // namespace cachebench::bench
