// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

/// The best that one request can make of what may be kept for it: which of its artefacts to take from the
/// cache, given what each is worth net of what keeping it costs, and what a hit makes unnecessary. The rules
/// are those of a look-up: blocks of the chain count up to the first gap. Exact in O(chain + others²);
/// reuses its memory; thread-compatible; nothing throws.
namespace cachebench::policy {

/// What a hit makes unnecessary, beyond itself.
enum class Covers : std::uint8_t {
  kNothing,
  kNext,  ///< the artefact that follows
  kRest,  ///< all that follow
};

/// Never covered by a run of leading blocks.
inline constexpr std::uint32_t kNeverCovered = 0x3FFFFFFFU;
/// Worth of what cannot be in any cache.
inline constexpr double kNotHeld = -std::numeric_limits<double>::infinity();

struct Choice {
  double net = kNotHeld;                ///< of a hit, what keeping it costs taken off
  double value = 0;                     ///< of not needing it
  std::uint32_t needs = kNeverCovered;  ///< leading blocks that make it unnecessary once all of them hit
  Covers covers = Covers::kNothing;
};

class RequestChoice {
 public:
  /// Room for a request; its first `chain` artefacts are the blocks. The caller fills them in.
  std::span<Choice> start(std::size_t artefacts, std::size_t chain);
  /// The best total, at least 0.
  double solve();
  /// Whether artefact `i` is a hit in what `solve` found.
  [[nodiscard]] bool is_hit(std::size_t i) const { return hit_[i] != 0; }

 private:
  double solve_rest(std::uint32_t blocks);
  void mark_rest(std::uint32_t blocks);
  [[nodiscard]] double hit_and_after(std::size_t i) const;

  std::vector<Choice> items_;
  std::vector<std::uint8_t> hit_;
  std::vector<double> best_;          // from artefact i on, the leading run given
  std::vector<double> all_;           // value of i and all after it
  std::vector<std::uint32_t> steps_;  // lengths of the run at which coverage changes
  std::size_t chain_ = 0;
};

}  // namespace cachebench::policy
