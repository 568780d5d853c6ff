// SPDX-License-Identifier: Apache-2.0
#include "bench/run/content.h"

#include <doctest.h>

#include <cstring>

#include <vector>

#include "core/error.h"
#include "core/hash.h"
#include "support/temp_dir.h"

namespace cachebench::bench {
namespace {

std::uint64_t count_wrong(const Key& key, std::span<const std::byte> data) {
  model::Artefact artefact;
  artefact.key = key;
  return ContentSource().count_wrong(artefact, data);
}

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

TEST_CASE("tensors of numbers are finite, the same from any offset, and centred on 0") {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    model::Artefact artefact;
    artefact.key = Key{3, 4};
    artefact.meta = {.shape = {40, 500}, .dtype = dtype};
    std::vector<std::byte> whole(artefact.meta.bytes().value);
    const ContentSource source;
    source.fill(artefact, whole);
    std::vector<std::byte> part(8000);
    synthesise_numbers(artefact.key, dtype, 4096, part);
    CHECK(std::equal(part.begin(), part.end(), whole.begin() + 4096));
    CHECK(source.count_wrong(artefact, whole) == 0);
    const std::vector<std::byte> zeros(whole.size());
    const cache::Difference spread = cache::difference({.meta = artefact.meta, .data = whole}, zeros);
    CHECK(spread.compared == 20'000);
    CHECK(spread.max_error <= 4);
    const double mean_square = spread.square_sum / 20'000;
    CHECK(mean_square == doctest::Approx(2.667).epsilon(0.05));
    whole[9999] ^= std::byte{0x10};
    CHECK(source.count_wrong(artefact, whole) == 1);
  }
}

TEST_CASE("after a lossy form elements may differ within its error, and no further") {
  model::Artefact artefact;
  artefact.key = Key{9, 9};
  artefact.meta = {.shape = {4, 1000}, .dtype = DType::kF32};
  std::vector<std::byte> data(artefact.meta.bytes().value);
  const ContentSource source;
  source.fill(artefact, data);
  float value = 0;
  std::memcpy(&value, &data[400], 4);
  value += 0.01F;
  std::memcpy(&data[400], &value, 4);
  cache::Passes passes;
  passes.add(tier::Encoding::kInt8);
  CHECK(source.count_wrong(artefact, data, passes) == 0);
  CHECK(source.count_wrong(artefact, data) > 0);
  value += 0.1F;
  std::memcpy(&data[400], &value, 4);
  CHECK(source.count_wrong(artefact, data, passes) == 4);
}

}  // namespace
}  // namespace cachebench::bench
