// SPDX-License-Identifier: Apache-2.0
#include "bench/run/measurements.h"

#include <doctest.h>

namespace cachebench::bench {
namespace {

TEST_CASE("merging adds every table and histogram") {
  Measurements a;
  Measurements b;
  a.service[1].record(10);
  b.service[1].record(30);
  a.checks[0][2] = {.count = 1, .predicted_ns = 5, .measured_ns = 7};
  b.checks[0][2] = {.count = 2, .predicted_ns = 50, .measured_ns = 70};
  b.request.record(1);
  b.request_service.record(1);
  b.lag.record(1);
  b.put.record(1);
  b.requests = 3;
  b.verified_bytes = 4;
  b.wrong_bytes = 5;
  a.merge(b);
  CHECK(a.service[1].count() == 2);
  CHECK(a.service[1].max() == 30);
  CHECK(a.checks[0][2].count == 3);
  CHECK(a.checks[0][2].predicted_ns == 55);
  CHECK(a.checks[0][2].measured_ns == 77);
  CHECK(a.request.count() + a.request_service.count() + a.lag.count() + a.put.count() == 4);
  CHECK(a.requests == 3);
  CHECK(a.verified_bytes == 4);
  CHECK(a.wrong_bytes == 5);
}

}  // namespace
}  // namespace cachebench::bench
