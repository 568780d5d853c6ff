// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/run/stop.h"
#include "bench/sweep/design.h"
#include "core/registry.h"

/// Who runs the items of a sweep beside this process: other processes that were started with it, as by
/// mpirun. One of them, the first, hands out items one by one and gets lines back; all of them know the sweep
/// from the same command line. A build without such a component has none, and runs items itself. One thread
/// calls, others may be called back. Errors: Error{kEnvironment} when the others cannot be reached.
namespace cachebench::bench {

/// Runs one item and gives it as the line of a journal; "" when it was stopped. Never throws; may be called
/// from another thread.
using RunItem = std::function<std::string(const WorkItem&)>;
/// Takes the line of a finished item.
using TakeLine = std::function<void(const std::string&)>;

class Crew {
 public:
  virtual ~Crew() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;  ///< processes, this one included
  [[nodiscard]] virtual bool is_first() const = 0;
  /// First: has all items run, here and by the others, until done or stopped.
  virtual void hand_out(const std::vector<WorkItem>& items, const RunItem& run, const TakeLine& take,
                        const StopToken& stop) = 0;
  /// First: tells the others that nothing follows.
  virtual void dismiss() = 0;
  /// The others: runs what is handed to them until dismissed.
  virtual void serve(const RunItem& run) = 0;
};

struct CrewDescriptor {
  std::string name;  ///< "mpi"
  /// Null unless this process was started as one of several.
  std::function<std::unique_ptr<Crew>()> join = {};
};

/// The crew that this process was started in; null when it is alone.
[[nodiscard]] std::unique_ptr<Crew> join_crew();

}  // namespace cachebench::bench
