// SPDX-License-Identifier: Apache-2.0
#include "bench/run/content.h"

#include <doctest.h>

#include <vector>

#include "core/error.h"
#include "core/hash.h"
#include "support/temp_dir.h"

namespace cachebench::bench {
namespace {

TEST_CASE("synthesised bytes are the same from any offset, and different for every key") {
  std::vector<std::byte> whole(1000);
  synthesise(Key{1, 2}, 0, whole);
  std::vector<std::byte> part(500);
  synthesise(Key{1, 2}, 160, part);
  CHECK(std::equal(part.begin(), part.end(), whole.begin() + 160));
  std::vector<std::byte> other(1000);
  synthesise(Key{1, 3}, 0, other);
  CHECK(other != whole);
  CHECK(count_wrong(Key{1, 2}, whole) == 0);
  CHECK(count_wrong(Key{1, 3}, whole) > 900);
}

TEST_CASE("every wrong byte counts once, wherever it is") {
  for (const std::size_t size : {1U, 7U, 16384U, 40001U}) {
    std::vector<std::byte> data(size);
    synthesise(Key{5, 6}, 0, data);
    data.front() ^= std::byte{1};
    if (size > 1) data.back() ^= std::byte{0x80};
    CHECK(count_wrong(Key{5, 6}, data) == (size > 1 ? 2 : 1));
  }
}

TEST_CASE("a content file gives the bytes of the artefacts made of it, repeated") {
  const cachebench::testing::TempDir folder;
  write_file(folder / "abc.png", "0123456789");
  const ContentSource source(folder.path().string());
  CHECK(source.files() == 1);
  model::Artefact artefact;
  artefact.key = Key{1, 1};
  artefact.content = hash_key("abc");
  std::vector<std::byte> bytes(25);
  source.fill(artefact, bytes);
  CHECK(static_cast<char>(bytes[0]) == '0');
  CHECK(static_cast<char>(bytes[24]) == '4');
  CHECK(source.count_wrong(artefact, bytes) == 0);
  bytes[13] = std::byte{0};
  CHECK(source.count_wrong(artefact, bytes) == 1);
  artefact.content = hash_key("unknown");
  source.fill(artefact, bytes);
  CHECK(count_wrong(artefact.key, bytes) == 0);
}

TEST_CASE("a content folder that is not there is an input error") {
  CHECK_THROWS_AS(ContentSource("/nowhere/at/all"), Error);
}

}  // namespace
}  // namespace cachebench::bench
