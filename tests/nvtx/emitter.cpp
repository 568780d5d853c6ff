// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "core/trace_range.h"

/// Emits a known set of ranges from three threads, for the test of the injection library: on each thread a
/// request of payload 1 holding ten lookups of payloads 0 to 9, each holding one fine copy.
int main(int argc, char** argv) {
  using namespace cachebench;
  const std::string level = argc > 1 ? argv[1] : "coarse";
  set_trace_level(level == "fine"     ? TraceLevel::kFine
                  : level == "coarse" ? TraceLevel::kCoarse
                                      : TraceLevel::kOff);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([i] {
      name_this_thread("emitter-" + std::to_string(i));
      const TraceRange request(trace_names::kRequest, 1);
      for (std::uint64_t bytes = 0; bytes < 10; ++bytes) {
        const TraceRange lookup(trace_names::kLookup, bytes);
        const TraceRange copy(trace_names::kCopy, bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}
