// SPDX-License-Identifier: Apache-2.0
#include "model/backend_loader.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "core/registry.h"

using namespace cachebench;
using namespace cachebench::model;

TEST_CASE("a backend that is registered already needs no module") {
  Registry<ModelBackendDescriptor>::instance().add({.name = "pretended", .version = "1", .check = {}});
  CHECK(load_backend("pretended").version == "1");
}

TEST_CASE("an absent one is an error of the environment") {
  try {
    static_cast<void>(load_backend("nobody's"));
    FAIL("loaded");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kEnvironment);
  }
}

TEST_CASE("a runner of the program needs no module, a name that nobody has is an error of usage") {
  CHECK(load_runner("modelled").name == "modelled");
  try {
    static_cast<void>(load_runner("modeled"));
    FAIL("loaded");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(std::string(error.what()).find("'modelled'") != std::string::npos);
  }
  try {
    static_cast<void>(load_runner("libtorsch"));
    FAIL("loaded");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("'libtorch'") != std::string::npos);
  }
}
