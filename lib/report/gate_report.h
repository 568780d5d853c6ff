// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "result/gate.h"

/// What a gate found, for people and for CI: the table of the terminal, Markdown of at most 60 lines for a
/// comment on a change, JUnit XML. Pure functions of the gate's result, thread-safe; nothing throws.
namespace cachebench::report {

[[nodiscard]] std::string gate_table(const result::GateResult& gate);
[[nodiscard]] std::string gate_markdown(const result::GateResult& gate);
/// A suite per pair of files, a case per metric: regressed ones fail, undecided ones are skipped.
[[nodiscard]] std::string gate_junit(const result::GateResult& gate);

}  // namespace cachebench::report
