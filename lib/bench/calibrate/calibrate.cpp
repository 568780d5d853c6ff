// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/calibrate.h"

#include <algorithm>

#include "bench/calibrate/part.h"
#include "core/registry.h"

namespace cachebench::bench {
namespace {

std::vector<CalibrationPart> parts_in_order() {
  std::vector<CalibrationPart> parts = Registry<CalibrationPart>::instance().items();
  std::stable_sort(parts.begin(), parts.end(),
                   [](const CalibrationPart& a, const CalibrationPart& b) { return a.order < b.order; });
  return parts;
}

}  // namespace

std::vector<std::string> calibration_parts() {
  std::vector<std::string> names;
  for (const CalibrationPart& part : parts_in_order()) names.push_back(part.name);
  return names;
}

void check_parts(const std::vector<std::string>& names) {
  for (const std::string& name : names)
    (void)Registry<CalibrationPart>::instance().at(name, "part of a calibration");
}

void calibrate(Session& session) {
  const std::vector<std::string>& only = session.options().only;
  check_parts(only);
  for (const CalibrationPart& part : parts_in_order()) {
    if (!only.empty() && std::find(only.begin(), only.end(), part.name) == only.end()) continue;
    if (session.is_over()) session.leave_out(part.name, "the time was over");
    if (!session.is_over()) part.run(session);
  }
}

}  // namespace cachebench::bench
