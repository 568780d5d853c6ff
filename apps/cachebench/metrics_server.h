// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

namespace cachebench::app {

/// Serves the newest metrics text on 127.0.0.1 over HTTP, for whoever scrapes a run. Thread-safe; stops when
/// destroyed. Throws Error{kEnvironment} when the port is taken.
class MetricsServer {
 public:
  explicit MetricsServer(int port);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;
  void publish(std::string text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cachebench::app
