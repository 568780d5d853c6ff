// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/command.h"

/// What the injection library recorded of one program's run, read back and checked for balance.
namespace cachebench::testing {

struct RecordedPush {
  std::string name;
  std::string parent;  ///< the range it opened inside, on its thread; empty at the outside
  bool registered = false;
  std::uint32_t category = 0;
  std::uint64_t payload = 0;
  std::int64_t thread = 0;
};

struct RecordedEvents {
  CommandResult command;
  std::vector<std::string> domains;
  std::vector<std::string> registered;
  std::map<std::uint32_t, std::string> categories;
  std::set<std::string> thread_names;
  std::vector<RecordedPush> pushes;
  std::size_t pops = 0;
  std::size_t unbalanced = 0;  ///< pops without a push, and pushes never popped
  [[nodiscard]] std::set<std::string> names() const;
};

/// Runs the program with the injection library; the file of events need not exist afterwards.
[[nodiscard]] RecordedEvents record_events(const std::vector<std::string>& arguments);

}  // namespace cachebench::testing
