// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "bench/calibrate/session.h"

/// One subject of a calibration: memory, links, drive, … A variant each, registered, in bench/calibrate/part.
/// Thread-compatible; a part throws Error{kEnvironment} for what it cannot do without, and tells the session
/// what it left out.
namespace cachebench::bench {

struct CalibrationPart {
  std::string name;  ///< as in --only
  int order = 0;
  std::string doc;
  std::function<void(Session&)> run;
};

}  // namespace cachebench::bench
