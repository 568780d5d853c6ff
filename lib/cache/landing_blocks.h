// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "cache/copy.h"
#include "core/sync.h"
#include "core/units.h"
#include "tier/plane.h"

/// Blocks of the first plane that hits pass through which are served without being promoted. One block is
/// taken when this is made and kept, so that such a hit never waits for room that a live handle keeps: at
/// worst it waits for another hit to pass. More are taken while the plane has room. Owned by the movers; the
/// plane outlives it. Thread-safe.
namespace cachebench::cache {

class LandingBlocks {
 public:
  /// With a size of 0, or a plane that cannot give even one block or whose blocks are written only once (the
  /// SSD's), leases are empty and such hits end in host memory. `gate` is told of room given back.
  LandingBlocks(tier::Plane& plane, SpaceGate& gate, Bytes size);
  ~LandingBlocks();
  LandingBlocks(const LandingBlocks&) = delete;
  LandingBlocks& operator=(const LandingBlocks&) = delete;

  /// A block while it is alive.
  class Lease {
   public:
    explicit Lease(LandingBlocks& owner) : owner_(owner), block_(owner.take()) {}
    ~Lease() { owner_.give_back(block_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    [[nodiscard]] explicit operator bool() const { return block_.bytes.value > 0; }
    [[nodiscard]] const tier::Block& block() const { return block_; }

   private:
    LandingBlocks& owner_;
    tier::Block block_;
  };

  [[nodiscard]] tier::Plane& plane() const { return plane_; }
  [[nodiscard]] Bytes size() const { return size_; }

 private:
  [[nodiscard]] tier::Block take() CACHEBENCH_EXCLUDES(mutex_);
  void give_back(const tier::Block& block) CACHEBENCH_EXCLUDES(mutex_);

  tier::Plane& plane_;
  SpaceGate& gate_;
  const Bytes size_;
  Mutex mutex_;
  CondVar returned_;
  std::vector<tier::Block> idle_ CACHEBENCH_GUARDED_BY(mutex_);
  std::size_t taken_ CACHEBENCH_GUARDED_BY(mutex_) = 0;  // idle ones included
  std::size_t waiting_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
};

}  // namespace cachebench::cache
