// SPDX-License-Identifier: Apache-2.0
#include "policy/admission.h"

#include <doctest.h>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::policy;

TEST_CASE("always admits whatever it is") {
  const auto admission = make_admission({"always", {}}, Bytes{10});
  const AccessInfo large{.bytes = Bytes{1'000}};
  admission->on_access(EntryId{3}, large);
  CHECK(admission->admit({.id = EntryId{3}, .access = large}));
}

TEST_CASE("unknown admission policies and parameters") {
  CHECK_THROWS_WITH_AS(static_cast<void>(make_admission({"alway", {}}, Bytes{1})),
                       doctest::Contains("always"), Error);
  CHECK_THROWS_AS(static_cast<void>(make_admission({"always", {{"n", 2.0}}}, Bytes{1})), Error);
}
