// SPDX-License-Identifier: Apache-2.0
#include "trace/request.h"

#include <doctest/doctest.h>

#include <string>

using namespace cachebench::trace;

TEST_CASE("input kinds have the names the native format uses") {
  CHECK(std::string(name_of(InputKind::kText)) == "text");
  CHECK(std::string(name_of(InputKind::kImage)) == "image");
  CHECK(std::string(name_of(InputKind::kAudio)) == "audio");
  CHECK(std::string(name_of(InputKind::kVideo)) == "video");
}

TEST_CASE("absent facts are empty") {
  const Request request;
  CHECK(!request.session);
  CHECK(!request.input_tokens);
  CHECK(!request.has_blocks);
  CHECK(ObjectAccess{}.next == -1);
}
