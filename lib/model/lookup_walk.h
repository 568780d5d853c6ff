// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "model/artefact.h"

/// The order in which a request asks a cache, and what a hit makes unnecessary.
namespace cachebench::model {

/// What became of one reference.
enum class Outcome : std::uint8_t { kPending, kHit, kCovered, kMiss };

/// Visits the artefacts of a plan in lookup order. `probe(i)` asks the cache for artefact i and says whether
/// it hit; it is called only for artefacts that are neither covered nor behind a gap of the chain. `skip(i,
/// outcome)` reports the others: kCovered, or kMiss for a block behind the first gap (a `broken_prefix` when
/// it was resident; finding that out without touching recency is the callee's business). Every artefact is
/// reported exactly once, by one of the two.
void walk(const Plan& plan, const std::function<bool(std::size_t)>& probe,
          const std::function<void(std::size_t, Outcome)>& skip);

}  // namespace cachebench::model
