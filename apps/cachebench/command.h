// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "core/registry.h"

namespace CLI {
class App;
}

/// Sub-commands: one file each, registered by one line. A command parses, calls the libraries, prints, and
/// returns an exit code; errors are thrown as Error and become one line and a code in main.
namespace cachebench::app {

/// What the chosen sub-command does once the command line is parsed; returns the exit code.
using Action = std::function<int()>;

struct CommandDescriptor {
  std::string name;
  int order = 0;  ///< place in the help
  /// Adds the sub-command to `parent`; its callback stores what to do in `action`.
  std::function<void(CLI::App& parent, Action& action)> add;
};

/// Process exit codes; the meaning of 2 to 5 is ErrorKind's.
inline constexpr int kExitOk = 0;
inline constexpr int kExitThreshold = 1;
inline constexpr int kExitUndecided = 6;
inline constexpr int kExitInvalid = 7;
inline constexpr int kExitInterrupted = 130;
inline constexpr int kExitTerminated = 143;

}  // namespace cachebench::app
