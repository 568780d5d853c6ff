// SPDX-License-Identifier: Apache-2.0
#include "hardware/small_files.h"

#include <doctest/doctest.h>

#include "support/temp_dir.h"

using namespace cachebench::hardware;
using cachebench::testing::TempDir;
using cachebench::testing::write_text;

TEST_CASE("one-value files") {
  const TempDir folder;
  const auto number = [&](const std::string& text) {
    write_text(folder / "f", text);
    return read_number(folder / "f");
  };
  CHECK(number("42\n") == 42);
  CHECK(number("  7  \nnext\n") == 7);
  CHECK(number("18446744073709551615") == 18446744073709551615ULL);
  for (const char* bad : {"", "\n", "max\n", "-1\n", "1.5\n", "12 34\n", "18446744073709551616\n"}) {
    INFO(bad);
    CHECK_FALSE(number(bad).has_value());
  }
  write_text(folder / "f", "a b\nc\n");
  CHECK(first_line(folder / "f") == "a b");
  CHECK(read_small_file(folder / "f") == "a b\nc\n");
}

TEST_CASE("missing files and folders give nothing") {
  const TempDir folder;
  CHECK(first_line(folder / "none").empty());
  CHECK_FALSE(read_number(folder / "none").has_value());
  CHECK_FALSE(read_small_file(folder / "none").has_value());
  CHECK(read_small_file(folder.path().string()).value_or("").empty());
}

TEST_CASE("text from devices is made printable") {
  CHECK(printable("  Samsung SSD \n") == "Samsung SSD");
  CHECK(printable("a\tb\x01\xff") == "a b??");
  CHECK(printable("   ").empty());
  CHECK(printable("").empty());
}
