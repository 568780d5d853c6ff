// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/tensor_bytes.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <set>

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("finite values around zero that 16 bits hold, the same every time") {
  const TensorMeta meta{.shape = {16, 64}, .dtype = DType::kF32};
  const std::vector<std::byte> bytes = hidden_states(meta);
  REQUIRE(bytes.size() == meta.bytes().value);
  CHECK(bytes == hidden_states(meta));
  double sum = 0;
  std::set<float> different;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    CHECK(bytes[i] == std::byte{0});
    CHECK(bytes[i + 1] == std::byte{0});
    float value = 0;
    std::memcpy(&value, bytes.data() + i, 4);
    REQUIRE(std::isfinite(value));
    CHECK(std::abs(value) < 5);
    sum += value;
    different.insert(value);
  }
  CHECK(std::abs(sum / 1024) < 0.3);
  CHECK(different.size() > 200);
}
