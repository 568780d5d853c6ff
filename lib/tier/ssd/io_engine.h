// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// Asynchronous operations on one file: what a reactor drives. Two implementations, io_uring and a pool of
/// threads with the calls of POSIX; tests put faults between. An engine belongs to one thread at a time, but
/// for `wake`; it owns neither the file nor the operations and their memory, which stay valid until they have
/// come back. Failures travel in the operation's result.
namespace cachebench::tier {

enum class IoKind : std::uint8_t {
  kRead,
  kWrite,
  kPunch,  ///< make a hole of `size` bytes; `data` unused
};

struct IoOperation {
  IoKind kind = IoKind::kRead;
  std::uint64_t offset = 0;
  std::byte* data = nullptr;
  std::size_t size = 0;
  std::int64_t result = 0;  ///< bytes transferred (may be fewer than asked), or a negative errno
};

class IoEngine {
 public:
  virtual ~IoEngine() = default;
  /// "io_uring" or "threads".
  [[nodiscard]] virtual const char* name() const = 0;
  /// Starts the operation. REQUIRES: fewer than `depth` are under way.
  virtual void submit(IoOperation& operation) = 0;
  /// Appends what has finished; blocks until there is something, or until woken.
  virtual void wait(std::vector<IoOperation*>& finished) = 0;
  /// Appends what has finished, and never blocks. False when nothing was there, not even a wake-up, and where
  /// an engine can only wait.
  [[nodiscard]] virtual bool poll(std::vector<IoOperation*>& finished) {
    static_cast<void>(finished);
    return false;
  }
  /// Whether asking again and again finds what has finished sooner than `wait`, which puts the thread to
  /// sleep.
  [[nodiscard]] virtual bool polls_sooner() const { return false; }
  /// Makes a present or the next `wait` return. From any thread.
  virtual void wake() noexcept = 0;
};

/// Null, with the reason in `why_not`, where the kernel refuses io_uring.
[[nodiscard]] std::unique_ptr<IoEngine> make_io_uring_engine(int fd, unsigned depth, std::string& why_not);

/// At most `depth` threads, and no more than `kMaxIoThreads`.
[[nodiscard]] std::unique_ptr<IoEngine> make_thread_io_engine(int fd, unsigned depth);
inline constexpr unsigned kMaxIoThreads = 16;

/// Throws Error{kUsage} unless it is "auto", "io_uring" or "threads".
void check_io_engine_name(const std::string& name);

/// The engine of that name; "auto" is io_uring, or threads where the kernel refuses it. Adds to `notes` what
/// a person should know. Throws Error{kEnvironment} when io_uring was asked for by name and is not to be had.
[[nodiscard]] std::unique_ptr<IoEngine> make_io_engine(const std::string& name, int fd, unsigned depth,
                                                       std::vector<std::string>& notes);

}  // namespace cachebench::tier
