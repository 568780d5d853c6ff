// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

namespace cachebench::report {

const ReportDescriptor& format_of(const std::string& name) {
  return Registry<ReportDescriptor>::instance().at(name, "report format");
}

std::string render(const std::string& name, const result::RunResult& result) {
  return format_of(name).render(result);
}

std::string render(const std::string& name, const result::SweepResult& sweep) {
  return format_of(name).render_sweep(sweep);
}

}  // namespace cachebench::report
