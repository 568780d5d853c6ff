// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/nearest.h"

namespace cachebench {

/// The variants of one kind (eviction policies, trace formats, …), by name. Written before `main` by one
/// registration line in each variant's file, read-only after; the one global of the project.
/// `Descriptor` has a member `std::string name`.
template <typename Descriptor>
class Registry {
 public:
  static Registry& instance() {
    static Registry registry;
    return registry;
  }
  bool add(Descriptor descriptor) {
    items_.push_back(std::move(descriptor));
    std::sort(items_.begin(), items_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return true;
  }
  /// All of them, by name.
  [[nodiscard]] const std::vector<Descriptor>& items() const { return items_; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const Descriptor& item : items_) result.push_back(item.name);
    return result;
  }
  /// Null when there is none of that name.
  [[nodiscard]] const Descriptor* find(std::string_view name) const {
    const auto found =
        std::find_if(items_.begin(), items_.end(), [&](const auto& i) { return i.name == name; });
    return found == items_.end() ? nullptr : &*found;
  }
  /// Throws Error{kUsage} naming the nearest known one; `what` is the kind, for the message.
  [[nodiscard]] const Descriptor& at(std::string_view name, std::string_view what) const {
    if (const Descriptor* found = find(name)) return *found;
    const std::vector<std::string> known = names();
    throw Error(ErrorKind::kUsage, unknown_name(what, name, known));
  }

 private:
  std::vector<Descriptor> items_;
};

}  // namespace cachebench

/// Registers a variant when the program starts: CACHEBENCH_REGISTER(EvictionDescriptor, {.name = "lru", …}).
#define CACHEBENCH_REGISTER(Descriptor, ...)              \
  [[maybe_unused]] static const bool registered_variant = \
      ::cachebench::Registry<Descriptor>::instance().add(Descriptor __VA_ARGS__)
