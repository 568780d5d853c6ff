// SPDX-License-Identifier: Apache-2.0
#include "pipeline/caching/component_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/error.h"
#include "core/nearest.h"

namespace cachebench::pipeline {
namespace {

bool is_number(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

class FileComponents final : public ComponentSource {
 public:
  explicit FileComponents(const std::vector<const model::SafeTensors*>& files) {
    for (const model::SafeTensors* file : files) {
      for (const auto& [name, view] : file->tensors()) members_[component_of(name)].emplace_back(name, view);
    }
  }
  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, members] : members_) names.push_back(name);
    return names;
  }
  [[nodiscard]] Bytes bytes_of(std::string_view name) const override {
    Bytes bytes;
    for (const auto& [tensor, view] : members(name)) bytes += view.meta.bytes();
    return bytes;
  }
  // The mapping is read here, into memory of its own, so that giving the component up gives memory back.
  [[nodiscard]] ComponentPtr load(std::string_view name) const override {
    auto component = std::make_shared<Component>();
    component->name = name;
    for (const auto& [tensor, view] : members(name)) {
      component->tensors.emplace(tensor, SharedTensor::copy_of(view));
      component->bytes += view.meta.bytes();
    }
    return component;
  }

 private:
  using Members = std::vector<std::pair<std::string, TensorView>>;
  [[nodiscard]] const Members& members(std::string_view name) const {
    const auto found = members_.find(name);
    if (found != members_.end()) return found->second;
    const std::vector<std::string> known = names();
    throw Error(ErrorKind::kUsage, unknown_name("component", name, known));
  }

  std::map<std::string, Members, std::less<>> members_;
};

}  // namespace

std::string component_of(std::string_view tensor) {
  // Up to the first number, if there is one; else all but the last two words ("merger.norm.weight").
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at <= tensor.size();) {
    const std::size_t end = std::min(tensor.find('.', at), tensor.size());
    words.push_back(tensor.substr(at, end - at));
    at = end + 1;
  }
  const auto number = std::find_if(words.begin(), words.end(), is_number);
  std::size_t count = number != words.end() ? static_cast<std::size_t>(number - words.begin()) + 1
                      : words.size() > 3    ? words.size() - 2
                                            : std::max<std::size_t>(1, words.size() - 1);
  count = std::min(count, words.size());
  return fmt::format("{}", fmt::join(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count), "."));
}

std::unique_ptr<ComponentSource> components_of(std::vector<const model::SafeTensors*> files) {
  return std::make_unique<FileComponents>(files);
}

ComponentCache::ComponentCache(const ComponentSource& source, Bytes budget, Keep keep)
    : source_(source), budget_(budget), keep_(keep) {}

ComponentPtr ComponentCache::get(std::string_view name) {
  const Bytes bytes = source_.bytes_of(name);
  {
    const MutexLock lock(mutex_);
    for (auto found = slots_.find(name); found != slots_.end(); found = slots_.find(name)) {
      if (found->second.component) {
        ++stats_.hits;
        recency_.splice(recency_.end(), recency_, found->second.recency);
        return found->second.component;
      }
      loaded_.wait(mutex_);  // somebody is loading it; should that fail, the slot is gone
    }
    make_room(bytes);
    slots_[std::string(name)] = {};
    ++stats_.loads;
    stats_.loaded += bytes;
  }
  ComponentPtr component;
  try {
    component = source_.load(name);
  } catch (...) {
    const MutexLock lock(mutex_);
    slots_.erase(slots_.find(name));
    loaded_.notify_all();
    throw;
  }
  const MutexLock lock(mutex_);
  keep(component);
  loaded_.notify_all();
  return component;
}

void ComponentCache::keep(const ComponentPtr& component) {
  make_room(component->bytes);
  const auto found = slots_.find(component->name);
  if (keep_ == Keep::kNothing || stats_.resident + component->bytes > budget_) {
    slots_.erase(found);
    return;
  }
  stats_.resident += component->bytes;
  stats_.peak = std::max(stats_.peak, stats_.resident);
  found->second = {.component = component, .recency = recency_.insert(recency_.end(), component->name)};
}

// What somebody holds would keep its memory anyhow: it stays, and is passed over.
void ComponentCache::make_room(Bytes wanted) {
  for (auto oldest = recency_.begin(); oldest != recency_.end() && stats_.resident + wanted > budget_;) {
    const auto found = slots_.find(*oldest);
    if (found->second.component.use_count() > 1) {
      ++oldest;
      continue;
    }
    stats_.resident -= found->second.component->bytes;
    ++stats_.evictions;
    slots_.erase(found);
    oldest = recency_.erase(oldest);
  }
}

ComponentCacheStats ComponentCache::stats() const {
  const MutexLock lock(mutex_);
  return stats_;
}

}  // namespace cachebench::pipeline
