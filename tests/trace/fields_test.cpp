// SPDX-License-Identifier: Apache-2.0
#include "trace/fields.h"

#include <doctest/doctest.h>

#include "core/hash.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;
using namespace std::chrono_literals;

TEST_CASE("counts are digits alone") {
  CHECK(parse_count("0", "x") == 0);
  CHECK(parse_count("18446744073709551615", "x") == UINT64_MAX);
  for (const std::string bad : {"", "-1", "+1", "1.0", "1e3", "0x10", " 1", "1 ", "nan"}) {
    CHECK_MESSAGE(error_of([&] { static_cast<void>(parse_count(bad, "size")); }).starts_with("size"), bad);
  }
  CHECK(contains(error_of([] { static_cast<void>(parse_count("-7", "size")); }), "negative"));
  CHECK(contains(error_of([] { static_cast<void>(parse_count("18446744073709551616", "size")); }), "2^64"));
}

TEST_CASE("reals are finite and not negative") {
  CHECK(parse_real("5633898", "t") == 5633898.0);
  CHECK(parse_real("1.5e3", "t") == 1500.0);
  for (const std::string bad : {"", "nan", "inf", "-0.5", "1e999", "1.5s", "--1", "1,5"}) {
    CHECK_MESSAGE(!error_of([&] { static_cast<void>(parse_real(bad, "time")); }).empty(), bad);
  }
  CHECK(contains(error_of([] { static_cast<void>(parse_real("NaN", "time")); }), "finite"));
}

TEST_CASE("object ids are numbers or hashed text") {
  CHECK(parse_object_id("42") == 42);
  CHECK(parse_object_id("42a") == hash64("42a"));
  CHECK(parse_object_id("-") == hash64("-"));
  CHECK(contains(error_of([] { static_cast<void>(parse_object_id("-42")); }), "negative"));
  CHECK(contains(error_of([] { static_cast<void>(parse_object_id("99999999999999999999")); }), "2^64"));
  CHECK(contains(error_of([] { static_cast<void>(parse_object_id("")); }), "empty"));
}

TEST_CASE("timestamps count from 1970, to the nanosecond") {
  CHECK(parse_timestamp("1970-01-01 00:00:00") == 0ns);
  CHECK(parse_timestamp("1970-01-02T00:00:01.5") == 86'401'500ms);
  CHECK(parse_timestamp("2023-11-16 18:15:46.6805900") == 1'700'158'546s + 680'590'000ns);
  CHECK(parse_timestamp("2024-02-29 00:00:00.000000001").count() % 1'000'000'000 == 1);
  for (const std::string bad : {"", "2023-11-16", "2023-13-01 00:00:00", "2023-02-29 00:00:00",
                                "2023-11-16 24:00:00", "2023-11-16 18:60:00", "2023-11-16 18:15:46.",
                                "2023-11-16 18:15:46,5", "2023-11-16 18:15:46.1234567890",
                                "x023-11-16 18:15:46", "1969-12-31 00:00:00", "9999-12-31 00:00:00"}) {
    CHECK_MESSAGE(!error_of([&] { static_cast<void>(parse_timestamp(bad)); }).empty(), bad);
  }
}

TEST_CASE("times that do not fit in 64 bits of nanoseconds are errors") {
  CHECK(nanoseconds_of_seconds(61.114) == 61'114ms);
  CHECK(nanoseconds_of_seconds(5633898.0) == 5633898s);
  CHECK(!error_of([] { static_cast<void>(nanoseconds_of_seconds(1e10)); }).empty());
  CHECK(nanoseconds_of(7, 1'000'000) == 7ms);
  CHECK(!error_of([] { static_cast<void>(nanoseconds_of(UINT64_MAX / 2, 1000)); }).empty());
}

TEST_CASE("fields are cut at commas and trimmed; those beyond the room are counted") {
  std::array<std::string_view, 3> fields;
  CHECK(split_fields(" a ,b,\tc", fields) == 3);
  CHECK(fields == std::array<std::string_view, 3>{"a", "b", "c"});
  CHECK(split_fields("a,b,c,d,", fields) == 5);
  CHECK(split_fields("", fields) == 1);
  CHECK(fields[0].empty());
}
