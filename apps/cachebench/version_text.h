// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace cachebench::app {

/// One line for people.
[[nodiscard]] std::string version_line();
/// What this program was built from: its own version, compiler, and every library's, as a JSON document. CUDA
/// and LibTorch are null with the reason where a build has none.
[[nodiscard]] std::string version_document();

}  // namespace cachebench::app
