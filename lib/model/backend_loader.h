// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/model_check.h"

/// The tensor library is large (0.4 s and 170 MB before it has done anything), so whatever needs it lives in
/// a module of its own that is loaded when it is asked for; every other command never sees it. One thread.
namespace cachebench::model {

/// The backend of that name, its module loaded if need be: it lies beside the program, or in the
/// installation's library folder. Throws Error{kEnvironment} saying what to install when there is none.
[[nodiscard]] const ModelBackendDescriptor& load_backend(const std::string& name = "libtorch");

}  // namespace cachebench::model
