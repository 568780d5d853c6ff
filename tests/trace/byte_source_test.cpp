// SPDX-License-Identifier: Apache-2.0
#include "trace/byte_source.h"

#include <doctest/doctest.h>

#include "core/rng.h"
#include "trace/output.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

namespace {

std::string noise(std::size_t size) {
  Rng rng(5);
  std::string text;
  while (text.size() < size) text += static_cast<char>('a' + rng.below(16));
  return text;
}

void write_as(const std::string& path, const std::string& text) {
  TraceOutput output(path);
  output.write(text);
  output.finish();
}

std::string read_all(const std::string& path) {
  const auto source = open_source(path);
  std::string text;
  do {
    // Odd pieces, so that what is left over is carried along.
    while (source->window().size() > 1000) {
      text += source->window().substr(0, 777);
      source->consume(777);
    }
  } while (source->grow());
  return text + std::string(source->window());
}

}  // namespace

TEST_CASE("plain and compressed files give the same bytes") {
  const TempDir folder;
  // More than a window of either.
  const std::string text = noise(9'000'000);
  write_as(folder / "a.txt", text);
  write_as(folder / "a.txt.zst", text);
  CHECK(read_all(folder / "a.txt") == text);
  CHECK(read_all(folder / "a.txt.zst") == text);
  CHECK(open_source(folder / "a.txt")->size() == text.size());
  CHECK(!open_source(folder / "a.txt.zst")->size());
  CHECK(std::filesystem::file_size(folder / "a.txt.zst") < text.size() / 3 * 2);
}

TEST_CASE("the content says whether a file is compressed, and frames may follow one another") {
  const TempDir folder;
  write_as(folder / "a.zst", "first ");
  write_as(folder / "b.zst", "second");
  write_text(folder / "both", read_text(folder / "a.zst") + read_text(folder / "b.zst"));
  CHECK(read_all(folder / "both") == "first second");
  write_text(folder / "plain.zst", "not compressed");
  CHECK(contains(error_of([&] { static_cast<void>(open_source(folder / "plain.zst")); }),
                 "holds no zstd stream"));
}

TEST_CASE("a compressed file that ends early is an error at every length") {
  const TempDir folder;
  write_as(folder / "whole.zst", noise(5000));
  const std::string whole = read_text(folder / "whole.zst");
  for (std::size_t size = 4; size < whole.size(); size += 1 + whole.size() / 50) {
    write_text(folder / "cut.zst", whole.substr(0, size));
    const std::string error = error_of([&] { read_all(folder / "cut.zst"); });
    CHECK_MESSAGE(contains(error, "cut.zst: truncated"), size << " bytes: " << error);
  }
}

TEST_CASE("a damaged compressed file is an error") {
  const TempDir folder;
  write_as(folder / "a.zst", noise(5000));
  std::string bytes = read_text(folder / "a.zst");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
  write_text(folder / "b.zst", bytes);
  CHECK(contains(error_of([&] { read_all(folder / "b.zst"); }), "damaged zstd stream"));
  CHECK(contains(error_of([&] { static_cast<void>(open_source(folder / "absent")); }), "absent"));
}
