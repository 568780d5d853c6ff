// SPDX-License-Identifier: Apache-2.0
#include "ingest/base64.h"

#include <doctest/doctest.h>

#include <string>

#include "core/error.h"
#include "core/rng.h"
#include "ingest/ingest_fixtures.h"

namespace cachebench::ingest {
namespace {

std::string decoded(std::string_view text) {
  const std::vector<std::byte> bytes = decode_base64(text);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST_CASE("base64 as RFC 4648 lists it, with padding and without") {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"Zg==", "f"},
                                                      {"Zm8=", "fo"},
                                                      {"Zm9v", "foo"},
                                                      {"Zm9vYg==", "foob"},
                                                      {"Zm9vYmE=", "fooba"},
                                                      {"Zm9vYmFy", "foobar"},
                                                      {"Zg", "f"},
                                                      {"Zm8", "fo"}};
  for (const auto& row : rows) {
    CAPTURE(row.first);
    CHECK(decoded(row.first) == row.second);
  }
}

TEST_CASE("any bytes come back") {
  Rng rng(1);
  for (std::size_t size = 0; size < 200; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(rng.below(256));
    CHECK(decoded(testing::base64_of(bytes)) == bytes);
  }
}

TEST_CASE("anything else is refused") {
  for (const char* text : {"Z", "Zm9vY", "Zg=", "Zg===", "=", "====", "Z===", "Zm9v\n", " Zm9v", "Zm 9v",
                           "Zm9-", "Zm9_", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\xff\xff\xff\xff"}) {
    CAPTURE(text);
    CHECK_THROWS_AS((void)decode_base64(text), Error);
  }
  CHECK_THROWS_WITH_AS((void)decode_base64("Zm*v"), "base64: character 3 is not of the alphabet", Error);
}

}  // namespace
}  // namespace cachebench::ingest
