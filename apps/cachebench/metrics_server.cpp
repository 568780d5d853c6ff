// SPDX-License-Identifier: Apache-2.0
#include "metrics_server.h"

#include <fmt/format.h>
#include <httplib.h>

#include <memory>
#include <thread>

#include "core/error.h"
#include "core/sync.h"

namespace cachebench::app {

struct MetricsServer::State {
  httplib::Server server;
  std::thread listener;
  Mutex mutex;
  std::string text CACHEBENCH_GUARDED_BY(mutex) = "# EOF\n";
};

MetricsServer::MetricsServer(int port) : state_(std::make_unique<State>()) {
  state_->server.Get("/metrics",
                     [state = state_.get()](const httplib::Request&, httplib::Response& response) {
                       const MutexLock lock(state->mutex);
                       response.set_content(state->text, "text/plain; version=0.0.4; charset=utf-8");
                     });
  if (!state_->server.bind_to_port("127.0.0.1", port)) {
    throw Error(ErrorKind::kEnvironment,
                fmt::format("--metrics-port {}: the port cannot be listened on", port));
  }
  state_->listener = std::thread([state = state_.get()] { state->server.listen_after_bind(); });
}

MetricsServer::~MetricsServer() {
  state_->server.stop();
  state_->listener.join();
}

void MetricsServer::publish(std::string text) {
  const MutexLock lock(state_->mutex);
  state_->text = std::move(text);
}

}  // namespace cachebench::app
