// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// What the visual registry asks of whoever admits requests. The controller belongs to its maker, outlives
/// the registry and is asked from any thread that stores, without a lock held; it must not throw.
namespace cachebench::cache {

class QueueingController {
 public:
  virtual ~QueueingController() = default;
  /// INV-11: while no more blocks than this are resident, none is evicted.
  [[nodiscard]] virtual std::size_t get_minimum_stable_blocks() const { return 0; }
};

/// A minimum that a config sets once.
class FixedQueueingController final : public QueueingController {
 public:
  explicit FixedQueueingController(std::size_t minimum_stable_blocks) : minimum_(minimum_stable_blocks) {}
  [[nodiscard]] std::size_t get_minimum_stable_blocks() const override { return minimum_; }

 private:
  std::size_t minimum_;
};

}  // namespace cachebench::cache
