// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/parameters.h"
#include "core/registry.h"
#include "core/units.h"

/// Which of the waiting requests go into the next batch. A batch is computed as a rectangle: every prompt in
/// it costs what the longest does, and the difference is waste. The first of the waiting, who is the most
/// urgent, is in every next batch, so nobody waits for ever however odd its size. Variants are
/// self-registering files in pipeline/batcher. One thread; deterministic.
namespace cachebench::pipeline {

/// What a batcher sees of a request.
struct BatchCandidate {
  std::uint64_t text_tokens = 0;
  std::uint64_t visual_tokens = 0;
  Bytes memory = {};  ///< while it is computed
  [[nodiscard]] std::uint64_t tokens() const { return text_tokens + visual_tokens; }
};

/// What a token counts for. A visual token has been through the vision tower as well as the decoder, which
/// costs about the same again: see the table of work in docs/geometry.md.
struct ComplexityWeights {
  double text_weight = 1;
  double image_weight = 2;
};
[[nodiscard]] double complexity_of(const BatchCandidate& candidate, const ComplexityWeights& weights);

/// What a batch may not exceed; a request that does so alone is a batch of its own.
struct BatchLimits {
  std::uint32_t max_requests = 8;
  double max_complexity = 0;  ///< 0: no limit
  Bytes max_memory{0};        ///< 0: no limit
  ComplexityWeights weights = {};
};

/// What a batch was and took.
struct BatchFacts {
  std::uint32_t requests = 0;
  std::uint64_t real_tokens = 0;
  std::uint64_t padded_tokens = 0;  ///< requests × the longest
  double complexity = 0;
  Nanoseconds elapsed{0};
};

class Batcher {
 public:
  virtual ~Batcher() = default;
  /// Numbers of the next batch, ascending and starting with 0. REQUIRES: somebody waits, most urgent first.
  [[nodiscard]] virtual std::vector<std::size_t> next(std::span<const BatchCandidate> waiting,
                                                      const BatchLimits& limits) = 0;
  /// What became of one; those that learn from it do.
  virtual void observe(const BatchFacts&) {}
};

struct BatcherDescriptor {
  std::string name;
  std::string doc;  ///< one line
  std::vector<ParameterSpec> parameters = {};
  std::function<std::unique_ptr<Batcher>(const Parameters&)> make;
};
using BatcherRegistry = Registry<BatcherDescriptor>;

/// A batcher by name, with parameters. Throws Error{kUsage} for unknown names, parameters or values.
[[nodiscard]] std::unique_ptr<Batcher> make_batcher(const NamedParameters& spec);

// What the variants share.

/// Adds to a batch as long as it stays within the limits; the first always fits.
class BatchFill {
 public:
  BatchFill(std::span<const BatchCandidate> waiting, const BatchLimits& limits)
      : waiting_(waiting), limits_(limits) {}
  /// False, and nothing changes, when it would go beyond a limit.
  bool add(std::size_t candidate);
  [[nodiscard]] bool full() const { return chosen_.size() >= limits_.max_requests; }
  [[nodiscard]] std::size_t size() const { return chosen_.size(); }
  [[nodiscard]] double complexity() const { return complexity_; }
  /// In ascending order.
  [[nodiscard]] std::vector<std::size_t> take();

 private:
  std::span<const BatchCandidate> waiting_;
  const BatchLimits& limits_;
  std::vector<std::size_t> chosen_;
  double complexity_ = 0;
  Bytes memory_{0};
};

/// Of `pool` (numbers of candidates, 0 among them), those that share a batch with the first at the least
/// padding: as many as fit, and of all such batches one whose rectangle has the least beyond its tokens.
[[nodiscard]] std::vector<std::size_t> nearest_lengths(std::span<const BatchCandidate> waiting,
                                                       std::vector<std::size_t> pool,
                                                       const BatchLimits& limits);

}  // namespace cachebench::pipeline
