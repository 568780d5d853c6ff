// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/model_check.h"
#include "model/model_runner.h"

/// The tensor library is large (0.4 s and 170 MB before it has done anything), so whatever needs it lives in
/// a module of its own that is loaded when it is asked for; every other command never sees it. One thread.
namespace cachebench::model {

/// The backend of that name, its module loaded if need be: it lies beside the program, or in the
/// installation's library folder. Throws Error{kEnvironment} saying what to install when there is none.
[[nodiscard]] const ModelBackendDescriptor& load_backend(const std::string& name = "libtorch");

/// The runner of that name; "libtorch" is in the module. Throws Error{kUsage} for a name that nobody has, and
/// as load_backend does.
[[nodiscard]] const RunnerDescriptor& load_runner(const std::string& name);

}  // namespace cachebench::model
