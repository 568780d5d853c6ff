// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

using namespace cachebench;

TEST_CASE("kinds are the exit codes of the process") {
  CHECK(static_cast<int>(ErrorKind::kUsage) == 2);
  CHECK(static_cast<int>(ErrorKind::kInput) == 3);
  CHECK(static_cast<int>(ErrorKind::kEnvironment) == 4);
  CHECK(static_cast<int>(ErrorKind::kInternal) == 5);
}

TEST_CASE("a failed system call is told with its reason") {
  const Error error = system_error(ErrorKind::kInput, "trace.bin", ENOENT);
  CHECK(std::string(error.what()) == "trace.bin: No such file or directory");
  CHECK(error.kind() == ErrorKind::kInput);
}
