// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Where a thread may run, for as long as a scope lasts. Threads started inside the scope inherit it and keep
/// it. A set that the system refuses, or an empty one, changes nothing. Made and destroyed by one thread.
namespace cachebench::hardware {

/// "0-2,5" as numbers, rising and each once; "" is none. Throws Error{kUsage} for what reads otherwise.
[[nodiscard]] std::vector<int> parse_processors(std::string_view text);
/// The same the other way round.
[[nodiscard]] std::string processors_text(std::span<const int> processors);

class AffinityScope {
 public:
  /// Numbers of processors as the system has them.
  explicit AffinityScope(std::span<const int> processors);
  ~AffinityScope();
  AffinityScope(const AffinityScope&) = delete;
  AffinityScope& operator=(const AffinityScope&) = delete;
  /// Whether the thread is held to the set.
  [[nodiscard]] bool holds() const { return !before_.empty(); }

 private:
  std::vector<int> before_;
};

}  // namespace cachebench::hardware
