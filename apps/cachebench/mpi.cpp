// SPDX-License-Identifier: Apache-2.0
// Sweeps over several machines by MPI: the one file that knows of it, built where it is installed. Rank 0
// hands out items one at a time and runs some itself; the others ask for the next one as they finish. All MPI
// calls come from the main thread. A rank that dies takes the job with it, as MPI does; what was finished by
// then is in the journal, and the next start runs the rest.
#include <fmt/format.h>
#include <mpi.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <exception>
#include <optional>
#include <thread>

#include "bench/sweep/crew.h"
#include "core/error.h"
#include "core/sync.h"

namespace cachebench::app {
namespace {

enum class Tag : int { kReady = 1, kItem = 2, kLine = 3, kDismissed = 4 };
constexpr int kItemWords = 3;
// Between looks for messages: far below the time of a point, and it leaves the processor to the points.
constexpr std::chrono::microseconds kPause{200};

void require(int code, const char* what) {
  if (code != MPI_SUCCESS)
    throw Error(ErrorKind::kEnvironment, fmt::format("MPI: {} failed ({})", what, code));
}

void send_item(const bench::WorkItem& item, int rank) {
  const std::uint64_t words[kItemWords] = {item.point, item.slice, item.rung};
  require(MPI_Send(words, kItemWords, MPI_UINT64_T, rank, static_cast<int>(Tag::kItem), MPI_COMM_WORLD),
          "sending");
}

void send_text(const std::string& text, int rank, Tag tag) {
  require(MPI_Send(text.data(), static_cast<int>(text.size()), MPI_CHAR, rank, static_cast<int>(tag),
                   MPI_COMM_WORLD),
          "sending");
}

/// Gives the processor away for a moment, or until somebody has news.
class Rest {
 public:
  void rest() CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    static_cast<void>(news_.wait_for(mutex_, kPause));
  }
  void wake() { news_.notify_all(); }

 private:
  Mutex mutex_;
  CondVar news_;
};

/// The items that are left, for rank 0 and its own worker.
class Queue {
 public:
  explicit Queue(const std::vector<bench::WorkItem>& items) : items_(items.begin(), items.end()) {}
  std::optional<bench::WorkItem> next() CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (items_.empty()) return std::nullopt;
    const bench::WorkItem item = items_.front();
    items_.pop_front();
    return item;
  }

 private:
  Mutex mutex_;
  std::deque<bench::WorkItem> items_ CACHEBENCH_GUARDED_BY(mutex_);
};

class MpiCrew final : public bench::Crew {
 public:
  MpiCrew() {
    int provided = 0;
    require(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
    if (provided < MPI_THREAD_FUNNELED)
      throw Error(ErrorKind::kEnvironment, "MPI: this build of it allows no threads");
    require(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "MPI_Comm_rank");
    require(MPI_Comm_size(MPI_COMM_WORLD, &size_), "MPI_Comm_size");
  }
  // A rank that leaves by an error ends the whole job: waiting for it would take for ever.
  ~MpiCrew() override {
    if (finished_) {
      MPI_Finalize();
    } else {
      MPI_Abort(MPI_COMM_WORLD, static_cast<int>(ErrorKind::kEnvironment));
    }
  }
  MpiCrew(const MpiCrew&) = delete;
  MpiCrew& operator=(const MpiCrew&) = delete;

  [[nodiscard]] std::size_t size() const override { return static_cast<std::size_t>(size_); }
  [[nodiscard]] bool is_first() const override { return rank_ == 0; }

  void hand_out(const std::vector<bench::WorkItem>& items, const bench::RunItem& run,
                const bench::TakeLine& take, const bench::StopToken& stop) override {
    Queue queue(items);
    std::atomic<bool> own_done{false};
    std::exception_ptr failure;  // of this rank's own worker; read after it has ended
    std::thread own([&] {
      try {
        while (!stop.requested()) {
          const auto item = queue.next();
          if (!item) break;
          take(run(*item));
        }
      } catch (...) {
        failure = std::current_exception();
      }
      own_done = true;
      rest_.wake();
    });
    try {
      while (!own_done || busy_ > 0 || give_to_idle(queue, stop)) {
        if (!receive(take)) rest_.rest();
        give_to_idle(queue, stop);
      }
    } catch (...) {
      own.join();
      throw;
    }
    own.join();
    if (failure) std::rethrow_exception(failure);
  }

  void dismiss() override {
    const auto everyone = static_cast<std::size_t>(size_ - 1);
    while (idle_.size() < everyone) {
      if (!receive([](const std::string&) {})) rest_.rest();
    }
    for (int rank = 1; rank < size_; ++rank) send_text("", rank, Tag::kDismissed);
    finished_ = true;
  }

  void serve(const bench::RunItem& run) override {
    send_text("", 0, Tag::kReady);
    for (;;) {
      MPI_Status status;
      wait_for_message(status);
      if (status.MPI_TAG == static_cast<int>(Tag::kDismissed)) {
        char nothing = 0;
        require(MPI_Recv(&nothing, 0, MPI_CHAR, 0, status.MPI_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE),
                "receiving");
        break;
      }
      std::uint64_t words[kItemWords];
      require(MPI_Recv(words, kItemWords, MPI_UINT64_T, 0, status.MPI_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE),
              "receiving");
      send_text(run({.point = words[0],
                     .slice = static_cast<std::uint32_t>(words[1]),
                     .rung = static_cast<std::uint32_t>(words[2])}),
                0, Tag::kLine);
    }
    finished_ = true;
  }

 private:
  void wait_for_message(MPI_Status& status) {
    for (int there = 0; there == 0;) {
      require(MPI_Iprobe(0, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status), "waiting");
      if (there == 0) rest_.rest();
    }
  }

  /// Whether somebody got something.
  bool give_to_idle(Queue& queue, const bench::StopToken& stop) {
    bool any = false;
    while (!idle_.empty() && !stop.requested()) {
      const auto item = queue.next();
      if (!item) break;
      send_item(*item, idle_.front());
      idle_.pop_front();
      ++busy_;
      any = true;
    }
    return any;
  }

  /// Takes one message of a worker where there is one: it is idle then.
  template <typename Take>
  bool receive(const Take& take) {
    MPI_Status status;
    int there = 0;
    require(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status), "waiting");
    if (there == 0) return false;
    int length = 0;
    require(MPI_Get_count(&status, MPI_CHAR, &length), "receiving");
    std::string text(static_cast<std::size_t>(length), '\0');
    require(MPI_Recv(text.data(), length, MPI_CHAR, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD,
                     MPI_STATUS_IGNORE),
            "receiving");
    idle_.push_back(status.MPI_SOURCE);
    if (status.MPI_TAG == static_cast<int>(Tag::kLine)) {
      --busy_;
      take(text);
    }
    return true;
  }

  Rest rest_;
  int rank_ = 0;
  int size_ = 1;
  bool finished_ = false;
  std::deque<int> idle_;  // ranks that wait for an item
  int busy_ = 0;
};

/// Started by mpirun or srun, and as one of several.
bool is_launched() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"}) {
    if (std::getenv(name) != nullptr) return true;  // NOLINT(concurrency-mt-unsafe): before threads start
  }
  return false;
}

std::unique_ptr<bench::Crew> join() {
  return is_launched() ? std::make_unique<MpiCrew>() : nullptr;
}

CACHEBENCH_REGISTER(bench::CrewDescriptor, {.name = "mpi", .join = join});

}  // namespace
}  // namespace cachebench::app
