// SPDX-License-Identifier: Apache-2.0
#include "trace/content_facts.h"

#include <doctest/doctest.h>

#include "core/hash.h"

using namespace cachebench;
using namespace cachebench::trace;

TEST_CASE("a content that is said to be something else the second time is noticed") {
  Input picture;
  picture.kind = InputKind::kImage;
  picture.hash = "a";
  picture.content = hash_key("a");
  picture.phash = 7;
  ContentFacts facts;
  CHECK(facts.agrees(picture));
  CHECK(facts.agrees(picture));
  Input larger = picture;  // the same picture may be sent at another size
  larger.width = 640;
  CHECK(facts.agrees(larger));
  const auto differs = [&](auto change) {
    Input other = picture;
    change(other);
    return !facts.agrees(other);
  };
  CHECK(differs([](Input& i) { i.phash = 8; }));
  CHECK(differs([](Input& i) { i.phash.reset(); }));
  CHECK(differs([](Input& i) { i.phash_fine = FineCode{}; }));
  CHECK(differs([](Input& i) { i.simhash = 0; }));
  CHECK(differs([](Input& i) { i.copy_of = "b"; }));
  CHECK(differs([](Input& i) { i.kind = InputKind::kVideo; }));
  CHECK(facts.contradictions() == 6);
  Input nameless = picture;
  nameless.content.reset();
  nameless.phash = 9;
  CHECK(facts.agrees(nameless));
}
