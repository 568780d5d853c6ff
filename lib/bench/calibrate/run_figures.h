// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/calibrate/trial_run.h"
#include "hardware/profile.h"

/// What trial runs say of a profile's figures. Pure functions and values.
namespace cachebench::bench {

/// What a figure of the model should be by the hits of one run: for their median, and for their mean, in ns.
struct Seen {
  double median = 0;
  double mean = 0;
  double quartile = 1;  ///< over the median, of look-ups: of all that they take, also those of a class
};
/// By name: "lookup", "h2d" and "ssd_read" are times; "lookup.first" and other look-ups of a class, and
/// "ssd_read.first", are what those take beyond them; none is there without its figure, nor of too few hits.
using SeenFigures = std::map<std::string, Seen>;

/// `profile` is the one that the run was predicted with.
[[nodiscard]] SeenFigures figures_seen_in(const TrialTimes& times, const hardware::Profile& profile);

/// "lookup.first" for kFirst.
[[nodiscard]] std::string figure_of(LookupClass one);

/// The runs of a calibration. A variant is what a run did otherwise than the usual one of the same round.
/// Thread-compatible.
class TrialBook {
 public:
  /// Values of figures by name, over the runs.
  using Samples = std::map<std::string, std::vector<double>>;

  void add_usual(const SeenFigures& usual);
  /// `usual` is of a run a moment before: the machine's own pace changes.
  void add(const std::string& variant, const SeenFigures& varied, const SeenFigures& usual);
  /// Whether more runs of the variant are worth their time: its usual look-up takes much longer or shorter.
  [[nodiscard]] bool differs(const std::string& variant, const SeenFigures& usual) const;

  [[nodiscard]] const Samples& medians() const { return medians_; }
  /// Means over medians.
  [[nodiscard]] const Samples& skews() const { return skews_; }
  /// Quartiles over medians, of look-ups.
  [[nodiscard]] const Samples& spreads() const { return spreads_; }
  /// Of variants ("lookup.multimodal"), over the usual run of the round.
  [[nodiscard]] Samples extras() const;

 private:
  /// How times lie about their medians; `suffix` is a variant's, after a dot.
  void add_ratios(const SeenFigures& seen, const std::string& figure, const std::string& suffix);

  Samples medians_;
  Samples skews_;
  Samples spreads_;
  Samples extras_;
  std::map<std::string, Samples> beside_;  ///< by figure: of variants, where the usual run has no such hits
};

}  // namespace cachebench::bench
