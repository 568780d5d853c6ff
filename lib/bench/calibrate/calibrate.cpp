// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/calibrate.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/calibrate/part.h"
#include "core/error.h"
#include "core/registry.h"

namespace cachebench::bench {
namespace {

std::vector<CalibrationPart> parts_in_order() {
  std::vector<CalibrationPart> parts = Registry<CalibrationPart>::instance().items();
  std::stable_sort(parts.begin(), parts.end(),
                   [](const CalibrationPart& a, const CalibrationPart& b) { return a.order < b.order; });
  return parts;
}

bool was_measured(const Session& session, const std::string& row) {
  const std::vector<Measurement>& all = session.measurements();
  return std::any_of(all.begin(), all.end(), [&](const Measurement& each) { return each.name == row; });
}

bool is_noted(const Session& session, const std::string& row) {
  const std::vector<std::string>& notes = session.notes();
  return std::any_of(notes.begin(), notes.end(),
                     [&](const std::string& note) { return note.starts_with(row + ": "); });
}

// A profile that lacks what was asked for looks like one that has it.
void require_rows(Session& session) {
  std::string missing;
  for (const std::string& row : session.options().rows) {
    if (was_measured(session, row)) continue;
    if (!session.is_over()) {
      missing += (missing.empty() ? "" : ", ") + row;
    } else if (!is_noted(session, row)) {
      session.leave_out(row, "the time was over, or no part has it");
    }
  }
  if (missing.empty()) return;
  std::string text = fmt::format(
      "--rows: {}: not measured; docs/calibration.md lists the rows of each part, --quick and --only leave "
      "some of them out",
      missing);
  for (const std::string& note : session.notes()) text += "; " + note;
  throw Error(ErrorKind::kUsage, text);
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
  require_rows(session);
}

}  // namespace cachebench::bench
