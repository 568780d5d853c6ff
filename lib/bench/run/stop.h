// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

/// A request to end early: by a signal, or because the allowed time is over. Thread-safe.
namespace cachebench::bench {

class StopToken {
 public:
  void request(int signal) { signal_.store(signal, std::memory_order_relaxed); }
  [[nodiscard]] bool requested() const { return signal_.load(std::memory_order_relaxed) != 0; }
  /// The signal's number; kTimeOver when the time was over; 0 when nothing was requested.
  [[nodiscard]] int reason() const { return signal_.load(std::memory_order_relaxed); }
  static constexpr int kTimeOver = -1;

 private:
  std::atomic<int> signal_{0};
};

/// While alive, SIGINT and SIGTERM request a stop instead of ending the process; a second one ends it at
/// once. One at a time.
class SignalStop {
 public:
  explicit SignalStop(StopToken& token);
  ~SignalStop();
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;
};

}  // namespace cachebench::bench
