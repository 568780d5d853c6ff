// SPDX-License-Identifier: Apache-2.0
#include <liburing.h>
#include <linux/falloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/check.h"
#include "core/file.h"
#include "tier/ssd/io_engine.h"

namespace cachebench::tier {
namespace {

// io_uring_queue_init and _exit as an object.
class Ring {
 public:
  Ring() = default;
  ~Ring() {
    if (open_) io_uring_queue_exit(&ring_);
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// 0 or a negative errno.
  int open(unsigned entries) {
    const int code = io_uring_queue_init(entries, &ring_, 0);
    open_ = code == 0;
    return code;
  }
  io_uring* get() { return &ring_; }

 private:
  io_uring ring_{};
  bool open_ = false;
};

class IoUringEngine final : public IoEngine {
 public:
  explicit IoUringEngine(int fd) : fd_(fd), event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  /// 0 or a negative errno.
  int open(unsigned depth) {
    if (!event_.is_open()) return -errno;
    const int code = ring_.open(depth + 1);  // one more for the wake-up
    if (code == 0) arm_wake();
    return code;
  }

  const char* name() const override { return "io_uring"; }

  void submit(IoOperation& operation) override {
    io_uring_sqe* sqe = next_entry();
    const auto size = static_cast<unsigned>(operation.size);
    switch (operation.kind) {
      case IoKind::kRead:
        io_uring_prep_read(sqe, fd_, operation.data, size, operation.offset);
        break;
      case IoKind::kWrite:
        io_uring_prep_write(sqe, fd_, operation.data, size, operation.offset);
        break;
      case IoKind::kPunch:
        io_uring_prep_fallocate(sqe, fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                static_cast<off_t>(operation.offset), static_cast<off_t>(operation.size));
        break;
    }
    io_uring_sqe_set_data(sqe, &operation);
    io_uring_submit(ring_.get());  // what the kernel cannot take now goes with the next wait
  }

  void wait(std::vector<IoOperation*>& finished) override {
    // What is there already costs no call of the kernel.
    if (io_uring_sq_ready(ring_.get()) == 0 && reap(finished)) return;
    io_uring_submit_and_wait(ring_.get(),
                             1);  // interrupted: the queue is looked at below, and the caller returns
    static_cast<void>(reap(finished));
  }

  bool poll(std::vector<IoOperation*>& finished) override { return reap(finished); }

  // The kernel puts completions where they are seen without a call.
  bool polls_sooner() const override { return true; }

  void wake() noexcept override {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(event_.get(), &one, sizeof one);
  }

 private:
  /// False when nothing was there, not even a wake-up.
  [[nodiscard]] bool reap(std::vector<IoOperation*>& finished) {
    io_uring_cqe* cqe = nullptr;
    bool any = false;
    bool woken = false;
    while (io_uring_peek_cqe(ring_.get(), &cqe) == 0) {
      auto* operation = static_cast<IoOperation*>(io_uring_cqe_get_data(cqe));
      if (operation == nullptr) {
        woken = true;
      } else {
        operation->result = cqe->res;
        finished.push_back(operation);
      }
      io_uring_cqe_seen(ring_.get(), cqe);
      any = true;
    }
    if (!woken) return any;
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t drained = read(event_.get(), &count, sizeof count);
    arm_wake();
    return true;
  }
  io_uring_sqe* next_entry() {
    io_uring_sqe* sqe = io_uring_get_sqe(ring_.get());
    CACHEBENCH_CHECK(sqe != nullptr, "more operations under way than the ring was made for");
    return sqe;
  }
  // A poll, not a read: nothing of ours is written to after the ring is gone.
  void arm_wake() {
    io_uring_sqe* sqe = next_entry();
    io_uring_prep_poll_add(sqe, event_.get(), POLLIN);
    io_uring_sqe_set_data(sqe, nullptr);
  }

  int fd_;
  FileDescriptor event_;
  Ring ring_;
};

}  // namespace

std::unique_ptr<IoEngine> make_io_uring_engine(int fd, unsigned depth, std::string& why_not) {
  auto engine = std::make_unique<IoUringEngine>(fd);
  if (const int code = engine->open(depth); code != 0) {
    why_not = std::generic_category().message(-code);
    return nullptr;
  }
  return engine;
}

}  // namespace cachebench::tier
