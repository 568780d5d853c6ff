// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "model/component_cache.h"
#include "torch_model/internal/layers.h"

/// Parts of the model that need not all be in memory: a decoder layer, a block of the tower, a merger, the
/// embedding. A Part is made of its weights once, and stays; or it belongs to a host, is brought in when it
/// is computed with and leaves when others need its room. Thread-safe once the model is built; no thread
/// holds two parts at a time (see model::ComponentCache). The host outlives its parts.
namespace cachebench::torch_model {

class ComponentHost final : public model::ComponentSource {
 public:
  using Build = std::function<model::ComponentPtr(const WeightSource&)>;
  /// `source` gives tensors with memory of their own. A budget of 0 is none.
  ComponentHost(WeightSource source, Bytes budget, model::ComponentCache::Keep keep);

  /// Builds it once, to see that its weights are there and what they take. Throws as the source does, and
  /// Error{kUsage} for a part larger than the budget.
  void add(const std::string& name, Build build);
  [[nodiscard]] model::ComponentPtr get(const std::string& name) { return cache_.get(name); }
  [[nodiscard]] Bytes bytes_of(std::string_view name) const override;
  [[nodiscard]] model::ComponentPtr load(std::string_view name) const override;
  /// Of all parts.
  [[nodiscard]] Bytes bytes() const;
  [[nodiscard]] model::ComponentCacheStats stats() const;
  void reset_stats() { cache_.reset_stats(); }

 private:
  struct Entry {
    Build build;
    Bytes bytes;
  };
  const WeightSource source_;
  const Bytes budget_;
  std::map<std::string, Entry, std::less<>> entries_;
  model::ComponentCache cache_;
};

template <typename T>
class Part {
 public:
  /// `make` builds it from weights; `host` null: now and for good.
  template <typename Make>
  Part(const WeightSource& source, ComponentHost* host, std::string name, Make make)
      : host_(host), name_(std::move(name)) {
    if (host_ == nullptr) {
      kept_ = std::make_shared<const T>(make(source));
    } else {
      host_->add(name_,
                 [make](const WeightSource& from) { return std::make_shared<const Held>(make(from)); });
    }
  }
  /// To be held while it is computed with, and no longer.
  [[nodiscard]] std::shared_ptr<const T> get() const {
    if (host_ == nullptr) return kept_;
    model::ComponentPtr component = host_->get(name_);
    const auto* held = dynamic_cast<const Held*>(component.get());
    return {std::move(component), &held->value};
  }

 private:
  struct Held final : model::Component {
    explicit Held(T made) : value(std::move(made)) {}
    T value;
  };
  ComponentHost* host_;
  std::string name_;
  std::shared_ptr<const T> kept_;
};

}  // namespace cachebench::torch_model
