// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/rng.h"

/// When requests of a client arrive. In a spec:
///
///   {"process": "poisson", "rate_per_s": 0.5}
///   {"process": "gamma", "shape": 0.4, "scale_s": 2.5}       gaps; or "rate_per_s" and "cv"
///   {"process": "weibull", "shape": 0.8, "scale_s": 1.2}
///   {"windows": [{"start_s": 0, "end_s": 600, "requests": 483, "process": "gamma", …}, …]}
///
/// A window gives its `requests` with gaps of its own family; the time they leave over lies before the first
/// of them. Gaps too long for the window are scaled down, so that the count is kept; draws that still run
/// over push the next window back. The same times on every machine. Values; a Clock of arrivals is one
/// thread's.
namespace cachebench::trace {

enum class GapFamily : std::uint8_t { kExponential, kGamma, kWeibull };

/// Distribution of the seconds between two arrivals. Exponential: shape 1, scale = mean.
struct Gaps {
  GapFamily family = GapFamily::kExponential;
  double shape = 1;
  double scale_s = 1;
  bool operator==(const Gaps&) const = default;
};

[[nodiscard]] double sample_gap(const Gaps& gaps, Rng& rng);
/// Closed form, with a gamma function of its own for Weibull.
[[nodiscard]] double mean_gap(const Gaps& gaps);

struct ArrivalWindow {
  double start_s = 0;
  double end_s = 0;
  std::uint64_t requests = 0;
  Gaps gaps;
  bool operator==(const ArrivalWindow&) const = default;
};

/// Either one endless process or windows.
struct Arrival {
  std::optional<Gaps> endless;
  std::vector<ArrivalWindow> windows;  ///< in order, apart from one another
  bool operator==(const Arrival&) const = default;
};

/// Throws Error{kUsage} "`where`…: reason".
[[nodiscard]] Arrival parse_arrival(const nlohmann::ordered_json& value, const std::string& where);
[[nodiscard]] nlohmann::ordered_json to_json(const Arrival& arrival);

/// Draws the arrivals of one client, in order.
class ArrivalClock {
 public:
  ArrivalClock(const Arrival& arrival, Rng rng) : arrival_(arrival), rng_(rng) {}
  /// Seconds since the start; nothing after the last window.
  std::optional<double> next();

 private:
  bool open_window();
  const Arrival& arrival_;
  Rng rng_;
  double now_s_ = 0;
  std::size_t window_ = 0;
  std::vector<double> gaps_;  ///< of the window that is open, last first
};

}  // namespace cachebench::trace
