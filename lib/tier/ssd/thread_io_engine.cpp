// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/sync.h"
#include "core/thread_pool.h"
#include "tier/ssd/io_engine.h"

namespace cachebench::tier {
namespace {

std::int64_t perform(int fd, const IoOperation& operation) {
  const auto offset = static_cast<off_t>(operation.offset);
  std::int64_t result = 0;
  switch (operation.kind) {
    case IoKind::kRead:
      result = pread(fd, operation.data, operation.size, offset);
      break;
    case IoKind::kWrite:
      result = pwrite(fd, operation.data, operation.size, offset);
      break;
    case IoKind::kPunch:
      result = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
                         static_cast<off_t>(operation.size));
      break;
  }
  return result < 0 ? -errno : result;
}

class ThreadIoEngine final : public IoEngine {
 public:
  ThreadIoEngine(int fd, unsigned depth) : fd_(fd), pool_(std::min(depth, kMaxIoThreads), "ssd-io") {}

  const char* name() const override { return "threads"; }

  void submit(IoOperation& operation) override {
    pool_.submit([this, &operation] {
      operation.result = perform(fd_, operation);
      const MutexLock lock(mutex_);
      finished_.push_back(&operation);
      changed_.notify_one();
    });
  }

  void wait(std::vector<IoOperation*>& finished) override {
    const MutexLock lock(mutex_);
    while (finished_.empty() && !woken_) changed_.wait(mutex_);
    woken_ = false;
    finished.insert(finished.end(), finished_.begin(), finished_.end());
    finished_.clear();
  }

  bool poll(std::vector<IoOperation*>& finished) override {
    const MutexLock lock(mutex_);
    const bool any = std::exchange(woken_, false) || !finished_.empty();
    finished.insert(finished.end(), finished_.begin(), finished_.end());
    finished_.clear();
    return any;
  }

  void wake() noexcept override {
    const MutexLock lock(mutex_);
    woken_ = true;
    changed_.notify_one();
  }

 private:
  int fd_;
  Mutex mutex_;
  CondVar changed_;
  std::vector<IoOperation*> finished_ CACHEBENCH_GUARDED_BY(mutex_);
  bool woken_ CACHEBENCH_GUARDED_BY(mutex_) = false;
  ThreadPool pool_;  // last: its threads end before what they use
};

}  // namespace

std::unique_ptr<IoEngine> make_thread_io_engine(int fd, unsigned depth) {
  return std::make_unique<ThreadIoEngine>(fd, depth);
}

}  // namespace cachebench::tier
