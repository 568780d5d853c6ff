// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/calibrate/spread.h"
#include "bench/config/run_config.h"
#include "bench/run/stop.h"
#include "hardware/profile.h"

/// One calibration while it runs: the time that is left, what was measured so far, and which figures of the
/// profile follow from it. Parts measure through it and never keep files or threads beyond their call.
/// Thread-compatible: parts run one after the other. Errors are the parts' own.
namespace cachebench::bench {

/// Where a figure's bytes went: a link that host memory stands for is emulated, everything else measured.
enum class CalibrationBasis : std::uint8_t { kMeasured, kEmulated };
[[nodiscard]] const char* name_of(CalibrationBasis basis);

/// One row of the report.
struct Measurement {
  std::string name;  ///< "ssd_read_512KiB_depth_4"
  std::string unit;  ///< "bytes/s", "ns", "flop/s"
  CalibrationBasis basis = CalibrationBasis::kMeasured;
  Spread spread;
  bool is_steady = false;  ///< the median is known to kSteady
};

/// A median that may be further off than this is not steady.
inline constexpr double kSteady = 0.03;

struct CalibratedFigure {
  double value = 0;
  std::string source;
};

struct CalibrationOptions {
  std::string directory;               ///< for the files that are read and written; removed afterwards
  Nanoseconds limit{120'000'000'000};  ///< for all of it
  std::vector<std::string> only;       ///< names of parts; empty: all
  std::vector<std::string> rows;       ///< names of measurements; empty: all of the parts'
  std::vector<RunConfig> policies;     ///< of runs that are to be predicted, beside the usual ones
  bool quick = false;                  ///< a rough look: smaller files, few repetitions
  std::string base = hardware::kDefaultProfile;  ///< where figures come from that are not measured
  std::function<void(const std::string& name, double done)> progress;  ///< before each measurement
};

class Session {
 public:
  /// `stop` and `clock` outlive it.
  Session(const CalibrationOptions& options, const StopToken& stop, const Clock& clock);

  struct Subject {
    std::string name;
    std::string unit;
    CalibrationBasis basis = CalibrationBasis::kMeasured;
    double weight = 1;  ///< of its time among the others'
  };
  /// Repeats `once`, as long as one more of it ends within the limit; absent when the time was over or a stop
  /// was asked for before it began.
  std::optional<Spread> measure(const Subject& subject, const std::function<double()>& once);
  /// Takes a figure of the profile from a measurement; `how` is added to its source.
  void set_figure(const std::string& key, double value, const Spread& spread, const std::string& how);
  /// One that the system knows and nobody needs to measure.
  void set_known(const std::string& key, double value, const std::string& source);
  /// Says what a reader of the figures has to know.
  void note(const std::string& about, const std::string& text);
  /// Says what is not measured here, and why.
  void leave_out(const std::string& what, const std::string& why);

  [[nodiscard]] bool is_over() const;
  /// Whether what takes so long would end within the limit.
  [[nodiscard]] bool has_time_for(Nanoseconds duration) const;
  [[nodiscard]] const CalibrationOptions& options() const { return options_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] const std::string& date() const { return date_; }
  [[nodiscard]] const std::vector<Measurement>& measurements() const { return measurements_; }
  [[nodiscard]] const std::map<std::string, CalibratedFigure>& figures() const { return figures_; }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  [[nodiscard]] Nanoseconds elapsed() const { return clock_.now() - begun_; }

 private:
  /// Repetitions below which nothing is known of a spread.
  [[nodiscard]] int least() const;
  [[nodiscard]] bool is_steady(const Spread& spread) const;

  const CalibrationOptions& options_;
  const StopToken& stop_;
  const Clock& clock_;
  const Nanoseconds begun_;
  const std::string date_;
  std::vector<Measurement> measurements_;
  std::map<std::string, CalibratedFigure> figures_;
  std::vector<std::string> notes_;
};

}  // namespace cachebench::bench
