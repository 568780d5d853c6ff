// SPDX-License-Identifier: Apache-2.0
#include "trace/writer.h"

#include <doctest/doctest.h>

#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

TEST_CASE("four formats can be written") {
  CHECK(writable_formats() == std::vector<std::string>{"csv", "mooncake", "native", "oracleGeneral"});
  CHECK(class_of_format("mooncake") == TraceClass::kRequests);
  CHECK(class_of_format("csv") == TraceClass::kObjects);
}

TEST_CASE("unknown formats and those without a writer are errors of usage that name the known ones") {
  const TempDir folder;
  try {
    static_cast<void>(create_trace(folder / "a", "bailian", {}));
    CHECK(false);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(contains(error.what(), "native"));
  }
  CHECK(contains(error_of([&] { static_cast<void>(create_trace(folder / "a", "oraclegeneral", {})); }),
                 "did you mean 'oracleGeneral'"));
  CHECK(std::filesystem::is_empty(folder.path()));
}
