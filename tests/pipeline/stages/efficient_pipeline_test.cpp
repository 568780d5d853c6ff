// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/efficient_pipeline.h"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "support/few_threads.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

class Job final : public PipelineJob {
 public:
  using Run = std::function<void(std::size_t)>;
  using End = std::function<void(const std::exception_ptr&)>;
  Job(Run run, End end) : run_(std::move(run)), end_(std::move(end)) {}
  void run(std::size_t stage) override { run_(stage); }
  void end(std::exception_ptr error) noexcept override { end_(error); }

 private:
  Run run_;
  End end_;
};

std::string text_of(const std::exception_ptr& error) {
  try {
    if (error) std::rethrow_exception(error);
  } catch (const std::exception& what) {
    return what.what();
  }
  return "";
}

EfficientPipelineOptions four_stages(std::size_t queue = 2) {
  EfficientPipelineOptions options;
  for (const char* name : {"load", "transfer", "compute", "post"})
    options.stages.push_back({.name = name, .workers = 1, .max_workers = 1, .queue = queue});
  return options;
}

// Opens once so many have arrived.
class Barrier {
 public:
  explicit Barrier(int wanted) : wanted_(wanted) {}
  void arrive_and_wait() {
    const MutexLock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    while (arrived_ < wanted_) changed_.wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int arrived_ = 0;
  const int wanted_;
};

}  // namespace

TEST_CASE("jobs go through all stages in order, each ended once") {
  for (const bool overlap : {true, false}) {
    const RealClock clock;
    EfficientPipelineOptions options = four_stages();
    options.overlap = overlap;
    EfficientPipeline pipeline(options, clock);
    std::vector<std::vector<std::size_t>> seen(50);
    std::atomic<int> ended{0};
    for (std::size_t i = 0; i < seen.size(); ++i) {
      CHECK(pipeline.submit(std::make_unique<Job>([&seen, i](std::size_t stage) { seen[i].push_back(stage); },
                                                  [&](const std::exception_ptr& error) {
                                                    if (!error) ++ended;
                                                  })));
    }
    pipeline.drain();
    CHECK(ended == 50);
    for (const auto& stages : seen) CHECK(stages == std::vector<std::size_t>{0, 1, 2, 3});
    const PipelineReport report = pipeline.report();
    CHECK(report.ended == 50);
    CHECK(report.failed == 0);
    for (const StageReport& stage : report.stages) CHECK(stage.jobs == 50);
    if (!overlap) CHECK(report.overlapped.count() == 0);
  }
}

TEST_CASE("stages run at the same time, each on another job") {
  const RealClock clock;
  EfficientPipeline pipeline(four_stages(), clock);
  Barrier barrier(4);  // would never open if any two stages excluded each other
  std::atomic<int> ended{0};
  for (std::size_t i = 0; i < 4; ++i) {
    pipeline.submit(std::make_unique<Job>(
        [&, i](std::size_t stage) {
          if (stage == 3 - i) barrier.arrive_and_wait();
        },
        [&](const std::exception_ptr&) { ++ended; }));
  }
  pipeline.drain();
  CHECK(ended == 4);
  CHECK(pipeline.report().overlapped.count() > 0);
}

TEST_CASE("what a stage throws ends its job alone") {
  const RealClock clock;
  EfficientPipeline pipeline(four_stages(), clock);
  std::vector<std::string> errors(8);
  for (std::size_t i = 0; i < errors.size(); ++i) {
    pipeline.submit(std::make_unique<Job>(
        [i](std::size_t stage) {
          if (i % 2 == 1 && stage == i / 2) throw std::runtime_error("job " + std::to_string(i));
        },
        [&errors, i](const std::exception_ptr& error) { errors[i] = text_of(error); }));
  }
  pipeline.drain();
  for (std::size_t i = 0; i < errors.size(); ++i)
    CHECK(errors[i] == (i % 2 == 1 ? "job " + std::to_string(i) : ""));
  CHECK(pipeline.report().failed == 4);
}

TEST_CASE("idle hands help a stage up to its most") {
  const RealClock clock;
  EfficientPipelineOptions options;
  options.stages = {{.name = "one", .workers = 1, .max_workers = 1, .queue = 8},
                    {.name = "two", .workers = 1, .max_workers = 2, .queue = 8}};
  EfficientPipeline pipeline(options, clock);
  Barrier barrier(2);  // opens only when both jobs are in the second stage
  for (int i = 0; i < 2; ++i) {
    pipeline.submit(std::make_unique<Job>(
        [&](std::size_t stage) {
          if (stage == 1) barrier.arrive_and_wait();
        },
        [](const std::exception_ptr&) {}));
  }
  pipeline.drain();
  CHECK(pipeline.report().stages[1].helped >= 1);
}

TEST_CASE("without fetching ahead a job is loaded only when the one before has been computed") {
  const RealClock clock;
  EfficientPipelineOptions options = four_stages(8);
  options.ahead = 1;
  options.ahead_of = 2;
  EfficientPipeline pipeline(options, clock);
  std::atomic<int> loading_or_computing{0};
  std::atomic<int> most{0};
  for (int i = 0; i < 30; ++i) {
    pipeline.submit(std::make_unique<Job>(
        [&](std::size_t stage) {
          if (stage == 0) {
            const int now = ++loading_or_computing;
            if (now > most) most = now;
          }
          if (stage == 2) --loading_or_computing;
        },
        [](const std::exception_ptr&) {}));
  }
  pipeline.drain();
  CHECK(most == 1);
}

TEST_CASE("the queues bound what is under way") {
  const RealClock clock;
  EfficientPipeline pipeline(four_stages(1), clock);
  std::atomic<int> under_way{0};
  std::atomic<int> most{0};
  for (int i = 0; i < 100; ++i) {
    pipeline.submit(std::make_unique<Job>(
        [&](std::size_t stage) {
          if (stage != 0) return;
          const int now = ++under_way;
          if (now > most) most = now;
        },
        [&](const std::exception_ptr&) { --under_way; }));
  }
  pipeline.drain();
  CHECK(most <= 8);  // one running and one waiting a stage
}

TEST_CASE("a stop ends what waits with an error, and submit says so afterwards") {
  const RealClock clock;
  EfficientPipeline pipeline(four_stages(8), clock);
  Barrier entered(2);
  Barrier leave(2);
  std::atomic<int> ended{0};
  std::atomic<int> failed{0};
  const auto end = [&](const std::exception_ptr& error) {
    ++ended;
    if (text_of(error) == "the pipeline was stopped") ++failed;
  };
  pipeline.submit(std::make_unique<Job>(
      [&](std::size_t) {
        entered.arrive_and_wait();
        leave.arrive_and_wait();
      },
      end));
  entered.arrive_and_wait();
  for (int i = 0; i < 5; ++i) pipeline.submit(std::make_unique<Job>([](std::size_t) {}, end));
  std::thread stopper([&] { pipeline.stop(); });
  while (ended < 5) std::this_thread::yield();
  leave.arrive_and_wait();
  stopper.join();
  CHECK(ended == 6);
  CHECK(failed == 6);
  CHECK_FALSE(pipeline.submit(std::make_unique<Job>([](std::size_t) {}, end)));
  CHECK(failed == 7);
}

TEST_CASE("too few threads are an error that says how many it wanted") {
  if (!testing::FewThreads::possible()) {
    MESSAGE("skipped: a sanitizer has the address space");
    return;
  }
  const RealClock clock;
  EfficientPipelineOptions options = four_stages();
  options.stages[2].workers = 60;
  std::string said;
  {
    const testing::FewThreads few;
    try {
      const EfficientPipeline pipeline(options, clock);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kEnvironment);
      said = error.what();
    }
  }
  CHECK(said.find("63 threads") != std::string::npos);
}

TEST_CASE("several may stop it at once, and each finds it stopped") {
  for (int round = 0; round < 50; ++round) {
    const RealClock clock;
    EfficientPipeline pipeline(four_stages(), clock);
    std::atomic<int> running{0};
    std::atomic<int> still_running{0};
    for (int i = 0; i < 4; ++i) {
      pipeline.submit(std::make_unique<Job>(
          [&](std::size_t) {
            ++running;
            std::this_thread::yield();
            --running;
          },
          [](const std::exception_ptr&) {}));
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        pipeline.stop();
        still_running += running;
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(still_running == 0);
  }
}
