// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/shared_tensor.h"
#include "core/sync.h"
#include "core/units.h"
#include "model/safetensors.h"

/// Weights of a model that does not fit in memory: components (a decoder layer, a block of the tower, a
/// merger) lie on the SSD and are brought in when they are asked for, and the least recently used leave when
/// the budget is full. Whoever holds a component keeps its memory, so what is in use is never overwritten;
/// held components count against the budget, which is exceeded only where they alone fill it.
///
/// Thread-safe: one thread loads a component, others that ask for it meanwhile wait for that. What loading
/// throws reaches all of them, and the next who asks tries again.
namespace cachebench::pipeline {

/// The tensors of a component by name, in memory. Shared; nobody changes it.
struct Component {
  std::string name;
  std::map<std::string, SharedTensor, std::less<>> tensors;
  Bytes bytes;
};
using ComponentPtr = std::shared_ptr<const Component>;

/// Where components come from. Thread-safe.
class ComponentSource {
 public:
  virtual ~ComponentSource() = default;
  [[nodiscard]] virtual std::vector<std::string> names() const = 0;
  /// Throws Error{kUsage} for a name that is none.
  [[nodiscard]] virtual Bytes bytes_of(std::string_view name) const = 0;
  /// Reads it. Throws Error for a name that is none and for data that cannot be read.
  [[nodiscard]] virtual ComponentPtr load(std::string_view name) const = 0;
};

/// "model.visual.blocks.3", "model.language_model.layers.0", "model.visual.merger", …: what a tensor of that
/// name is computed together with.
[[nodiscard]] std::string component_of(std::string_view tensor);
/// Components of checkpoint files, which outlive this.
[[nodiscard]] std::unique_ptr<ComponentSource> components_of(std::vector<const model::SafeTensors*> files);

struct ComponentCacheStats {
  std::uint64_t hits = 0;
  std::uint64_t loads = 0;
  std::uint64_t evictions = 0;
  Bytes loaded;    ///< bytes read from the source
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
  /// The component, loaded if need be.
  [[nodiscard]] ComponentPtr get(std::string_view name) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] ComponentCacheStats stats() const CACHEBENCH_EXCLUDES(mutex_);

 private:
  struct Slot {
    ComponentPtr component;  // null while it is being loaded
    std::list<std::string>::iterator recency;
  };
  void make_room(Bytes wanted) CACHEBENCH_REQUIRES(mutex_);
  void keep(const ComponentPtr& component) CACHEBENCH_REQUIRES(mutex_);

  const ComponentSource& source_;
  const Bytes budget_;
  const Keep keep_;
  mutable Mutex mutex_;
  CondVar loaded_;
  std::map<std::string, Slot, std::less<>> slots_ CACHEBENCH_GUARDED_BY(mutex_);
  std::list<std::string> recency_ CACHEBENCH_GUARDED_BY(mutex_);  // loaded ones, the oldest first
  ComponentCacheStats stats_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::pipeline
