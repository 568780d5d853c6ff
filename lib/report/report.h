// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "core/registry.h"
#include "result/run_result.h"
#include "result/sweep_result.h"

/// Reports: one self-registering format per file of format/, pure functions from the result of a run or of a
/// sweep to text. Formats own nothing and keep nothing; thread-safe. Rendering throws Error{kInput} only for
/// a result whose `config` or `manifest` is not a JSON object.
namespace cachebench::report {

struct ReportDescriptor {
  std::string name;       ///< "html": what `--format` and `--export` take
  std::string extension;  ///< of the file, without the dot
  std::string doc;        ///< one line for `list`
  std::function<std::string(const result::RunResult&)> render;
  std::function<std::string(const result::SweepResult&)> render_sweep;
};

/// Throws Error{kUsage} naming the nearest known format.
[[nodiscard]] const ReportDescriptor& format_of(const std::string& name);

/// What `name` makes of a result. Throws as format_of.
[[nodiscard]] std::string render(const std::string& name, const result::RunResult& result);
[[nodiscard]] std::string render(const std::string& name, const result::SweepResult& sweep);

}  // namespace cachebench::report
