// SPDX-License-Identifier: Apache-2.0
#include "ingest/sessions.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/hash.h"

namespace cachebench::ingest {
namespace {

// "abc": three messages.
std::vector<Key> prefixes_of(const std::string& messages) {
  std::vector<Key> keys;
  for (std::size_t i = 1; i <= messages.size(); ++i) keys.push_back(hash_key(messages.substr(0, i)));
  return keys;
}

Turn next(SessionFinder& finder, const std::string& messages) {
  return finder.next(prefixes_of(messages));
}

TEST_CASE("a longer conversation continues the one it begins with") {
  SessionFinder finder;
  CHECK(next(finder, "su") == Turn{.session = 0, .turn = 1});
  CHECK(next(finder, "sv") == Turn{.session = 1, .turn = 1});  // the system message alone is no conversation
  CHECK(next(finder, "suau") == Turn{.session = 0, .turn = 2});
  CHECK(next(finder, "svbw") == Turn{.session = 1, .turn = 2});
  CHECK(next(finder, "suauax") == Turn{.session = 0, .turn = 3});
  CHECK(finder.sessions() == 2);
}

TEST_CASE("two who open alike stay apart, and a second branch is a session of its own") {
  SessionFinder finder;
  CHECK(next(finder, "su").session == 0);
  CHECK(next(finder, "su").session == 1);
  CHECK(next(finder, "suax") == Turn{.session = 0, .turn = 2});
  CHECK(next(finder, "suay") == Turn{.session = 1, .turn = 2});
  CHECK(next(finder, "suaz") == Turn{.session = 2, .turn = 1});
}

TEST_CASE("the longest prefix counts") {
  SessionFinder finder;
  CHECK(next(finder, "a").session == 0);
  CHECK(next(finder, "abc").session == 0);
  CHECK(next(finder, "a").session == 1);
  CHECK(next(finder, "abcde") == Turn{.session = 0, .turn = 3});
  CHECK(next(finder, "ab") == Turn{.session = 1, .turn = 2});
}

}  // namespace
}  // namespace cachebench::ingest
