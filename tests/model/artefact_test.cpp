// SPDX-License-Identifier: Apache-2.0
#include "model/artefact.h"

#include <doctest.h>

using namespace cachebench;
using namespace cachebench::model;

TEST_CASE("spans contain what lies wholly inside") {
  const TokenSpan span{16, 48};
  CHECK(span.contains({16, 48}));
  CHECK(span.contains({20, 30}));
  CHECK_FALSE(span.contains({15, 30}));
  CHECK_FALSE(span.contains({20, 49}));
}

TEST_CASE("a cleared plan is as new and keeps its memory") {
  Plan plan;
  plan.sequence = 7;
  plan.arrival = Nanoseconds{5};
  plan.artefacts.resize(100);
  plan.chain = 60;
  plan.prompt_tokens = 900;
  plan.independent = true;
  const std::size_t capacity = plan.artefacts.capacity();
  plan.clear();
  CHECK(plan.sequence == 0);
  CHECK(plan.arrival.count() == 0);
  CHECK(plan.artefacts.empty());
  CHECK(plan.chain == 0);
  CHECK(plan.prompt_tokens == 0);
  CHECK_FALSE(plan.independent);
  CHECK(plan.artefacts.capacity() == capacity);
}
