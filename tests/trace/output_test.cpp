// SPDX-License-Identifier: Apache-2.0
#include "trace/output.h"

#include <doctest/doctest.h>

#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

TEST_CASE("the file appears when it is finished and not before") {
  const TempDir folder;
  for (const std::string name : {"a", "a.zst"}) {
    {
      TraceOutput dropped(folder / name);
      dropped.write("half");
    }
    CHECK(std::filesystem::is_empty(folder.path()));
    TraceOutput output(folder / name);
    output.write("who");
    output.write("le");
    CHECK(!std::filesystem::exists(folder / name));
    output.finish();
    CHECK(std::filesystem::exists(folder / name));
    std::filesystem::remove(folder / name);
  }
}

TEST_CASE("plain text is as written, compressed text is a zstd frame, the same every time") {
  const TempDir folder;
  const auto write = [&](const std::string& name) {
    TraceOutput output(folder / name);
    for (int i = 0; i < 200'000; ++i) output.write(std::to_string(i * 7 % 1013) + ",");
    output.finish();
    return read_text(folder / name);
  };
  const std::string plain = write("a");
  CHECK(plain.starts_with("0,7,14,"));
  const std::string packed = write("a.zst");
  CHECK(packed.starts_with("\x28\xB5\x2F\xFD"));
  CHECK(packed.size() < plain.size() / 2);
  CHECK(packed == write("b.zst"));
}

TEST_CASE("a folder that is not there is an error of the environment") {
  try {
    TraceOutput output("/nonexistent/folder/a");
    CHECK(false);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kEnvironment);
  }
}
