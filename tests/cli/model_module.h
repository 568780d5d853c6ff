// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <filesystem>

#include "support/command.h"

/// Whether the module that runs the model lies beside the program under test. Says so where it does not, for
/// the test that is then skipped.
namespace cachebench::testing {

inline bool has_model() {
  if (std::filesystem::exists(std::filesystem::path(cachebench_binary()).parent_path() /
                              "cachebench_torch.so"))
    return true;
  MESSAGE("skipped: this build has no model");
  return false;
}

}  // namespace cachebench::testing
