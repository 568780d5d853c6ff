// SPDX-License-Identifier: Apache-2.0
#include "bench/run/stop.h"

#include <csignal>
#include <cstdlib>

#include "core/check.h"

namespace cachebench::bench {
namespace {

// A signal handler can reach nothing but statics.
std::atomic<StopToken*> g_token{nullptr};

void on_signal(int signal) {
  StopToken* token = g_token.load();
  if (token == nullptr || token->requested()) std::_Exit(128 + signal);
  token->request(signal);
}

}  // namespace

SignalStop::SignalStop(StopToken& token) {
  StopToken* none = nullptr;
  CACHEBENCH_CHECK(g_token.compare_exchange_strong(none, &token), "signals are handled once");
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

SignalStop::~SignalStop() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  g_token.store(nullptr);
}

}  // namespace cachebench::bench
