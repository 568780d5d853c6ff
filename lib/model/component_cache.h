// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/sync.h"
#include "core/units.h"

/// Weights of a model that does not fit in memory: components (a decoder layer, a block of the tower, a
/// merger) lie on the SSD and are brought in when they are computed with, and the least recently used leave
/// when the budget is full. What is in use stays until whoever holds it lets go; who asks meanwhile for more
/// than fits beside it waits. So resident bytes are within the budget at every moment.
///
/// Thread-safe. One thread loads a component, others that ask for it meanwhile wait for that; what loading
/// throws reaches those that asked, and the next who asks tries again. A thread must not hold one component
/// while it asks for another: two that do may wait for one another. Borrows the source; outlives what it
/// gives out.
namespace cachebench::model {

/// A component in memory. Shared; nobody changes it.
class Component {
 public:
  virtual ~Component() = default;
  Component(const Component&) = delete;
  Component& operator=(const Component&) = delete;

 protected:
  Component() = default;
};
using ComponentPtr = std::shared_ptr<const Component>;

/// Where components come from. Thread-safe.
class ComponentSource {
 public:
  virtual ~ComponentSource() = default;
  /// In memory. Throws Error{kUsage} for a name that is none.
  [[nodiscard]] virtual Bytes bytes_of(std::string_view name) const = 0;
  /// Reads it. Throws Error for a name that is none and for data that cannot be read.
  [[nodiscard]] virtual ComponentPtr load(std::string_view name) const = 0;
};

struct ComponentCacheStats {
  Bytes budget;  ///< 0: all components stay in memory
  std::uint64_t hits = 0;
  std::uint64_t loads = 0;
  std::uint64_t evictions = 0;
  Bytes loaded;    ///< bytes brought in
  Bytes resident;  ///< now
  Bytes peak;
};

class ComponentCache {
 public:
  enum class Keep : std::uint8_t {
    kNothing,  ///< every use loads anew: what keeping them is worth
    kWhatFits,
  };
  ComponentCache(const ComponentSource& source, Bytes budget, Keep keep);
  /// The component, loaded if need be. Throws Error{kUsage} for one that is larger than the budget.
  [[nodiscard]] ComponentPtr get(std::string_view name) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] ComponentCacheStats stats() const CACHEBENCH_EXCLUDES(mutex_);
  /// Counts anew; what is resident stays.
  void reset_stats() CACHEBENCH_EXCLUDES(mutex_);

 private:
  struct Slot {
    ComponentPtr component;  // null while it is being loaded
    Bytes bytes;
    std::uint64_t users = 0;
    std::list<std::string>::iterator recency;  // of one that is loaded
  };
  using Slots = std::map<std::string, Slot, std::less<>>;
  [[nodiscard]] bool make_room(Bytes wanted) CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] ComponentPtr lend(Slots::iterator slot) CACHEBENCH_REQUIRES(mutex_);
  void drop(Slots::iterator slot) CACHEBENCH_REQUIRES(mutex_);
  void give_back(const std::string& name) CACHEBENCH_EXCLUDES(mutex_);

  const ComponentSource& source_;
  const Bytes budget_;
  const Keep keep_;
  mutable Mutex mutex_;
  CondVar changed_;
  Slots slots_ CACHEBENCH_GUARDED_BY(mutex_);
  std::list<std::string> recency_ CACHEBENCH_GUARDED_BY(mutex_);  // loaded ones, the oldest first
  ComponentCacheStats stats_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::model
