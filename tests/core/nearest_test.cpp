// SPDX-License-Identifier: Apache-2.0
#include "core/nearest.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using cachebench::nearest_name;
using cachebench::unknown_name;

namespace {
const std::vector<std::string> kNames{"lru", "lfu", "fifo", "promote-on-hit", "lowering"};
}

TEST_CASE("the nearest name by typing errors") {
  CHECK(nearest_name("lruu", kNames) == "lru");
  CHECK(nearest_name("flu", kNames) == "lfu");  // two letters exchanged are one error
  CHECK(nearest_name("lxu", kNames) == "lru");  // as near as lfu, and named first
  CHECK(nearest_name("fif", kNames) == "fifo");
  CHECK(nearest_name("fifo", kNames) == "fifo");
  CHECK(nearest_name("ifof", kNames) == "fifo");
  CHECK(nearest_name("lowring", kNames) == "lowering");
  CHECK(nearest_name("promote_on_hit", kNames) == "promote-on-hit");
}

TEST_CASE("nothing is near: no candidates, another word, an endless one") {
  CHECK(nearest_name("lru", {}).empty());
  CHECK(nearest_name("zzzzzzzzzz", kNames).empty());
  CHECK(nearest_name(std::string(1'000'000, 'l'), kNames).empty());
}

TEST_CASE("the message names the word and what to write instead") {
  CHECK(unknown_name("policy", "lruu", kNames) == "unknown policy 'lruu'; did you mean 'lru'?");
  const std::string message = unknown_name("policy", "zzzzzzzzzz", kNames);
  for (const std::string& name : kNames) CHECK(message.find(name) != std::string::npos);
  CHECK(unknown_name("policy", std::string(1'000'000, 'l'), kNames).size() < 300);
}
