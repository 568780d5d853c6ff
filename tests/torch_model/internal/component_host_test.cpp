// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/component_host.h"

#include <doctest/doctest.h>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::torch_model;
using Keep = model::ComponentCache::Keep;

namespace {

// Every weight is a row of 25 floats, 100 bytes.
const WeightSource kRows = [](const std::string&, std::initializer_list<std::int64_t>) {
  return at::ones({25});
};

struct Two {
  at::Tensor a;
  at::Tensor b;
};
Two make_two(const WeightSource& from) {
  return {from("a", {25}), from("b", {25})};
}

}  // namespace

TEST_CASE("a part without a host stays") {
  const Part<Two> part(kRows, nullptr, "two", make_two);
  CHECK(part.get() == part.get());
  CHECK(part.get()->a.numel() == 25);
}

TEST_CASE("a part of a host takes what its weights take, and comes when it is asked for") {
  ComponentHost host(kRows, Bytes{300}, Keep::kWhatFits);
  const Part<Two> one(kRows, &host, "one", make_two);
  const Part<Two> two(kRows, &host, "two", make_two);
  CHECK(host.bytes() == Bytes{400});
  CHECK(host.bytes_of("one") == Bytes{200});
  CHECK(host.stats().loads == 0);
  CHECK(one.get()->b.numel() == 25);
  CHECK(one.get()->b.numel() == 25);
  CHECK(two.get()->b.numel() == 25);  // in place of the first
  CHECK(host.stats().hits == 1);
  CHECK(host.stats().loads == 2);
  CHECK(host.stats().evictions == 1);
  CHECK(host.stats().peak == Bytes{200});
  CHECK(host.stats().budget == Bytes{300});
}

TEST_CASE("no budget is no limit, and a part beyond a budget is named") {
  ComponentHost all(kRows, Bytes{0}, Keep::kNothing);
  const Part<Two> part(kRows, &all, "two", make_two);
  CHECK(part.get()->a.numel() == 25);
  CHECK(all.stats().resident == Bytes{0});
  CHECK(all.stats().budget == Bytes{0});
  ComponentHost tight(kRows, Bytes{199}, Keep::kWhatFits);
  CHECK_THROWS_WITH_AS(Part<Two>(kRows, &tight, "two", make_two),
                       "weights_budget: 199 B is less than 'two' alone takes, 200 B", Error);
}
