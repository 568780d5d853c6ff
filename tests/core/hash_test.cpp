// SPDX-License-Identifier: Apache-2.0
#include "core/hash.h"

#include <doctest/doctest.h>

#include <set>
#include <span>
#include <string>

#include "core/error.h"
#include "support/temp_dir.h"

using namespace cachebench;

namespace {

std::string sha256(std::string_view text) {
  Sha256 sha;
  sha.update(std::as_bytes(std::span(text)));
  return sha.hex();
}

}  // namespace

TEST_CASE("SHA-256 gives the published digests") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 of a file, whole and in pieces") {
  const testing::TempDir folder;
  testing::write_text(folder / "abc", "abc");
  CHECK(sha256_of_file(folder / "abc") == sha256("abc"));
  CHECK_THROWS_AS((void)sha256_of_file(folder / "absent"), Error);
  Sha256 pieces;
  for (const char c : std::string_view("abc")) pieces.update(std::as_bytes(std::span(&c, 1)));
  CHECK(pieces.hex() == sha256("abc"));
}

TEST_CASE("XXH3 gives the published digests of nothing") {
  CHECK(to_hex(hash64(std::string_view())) == "2d06800538d394c2");
  CHECK(to_hex(hash_key(std::string_view())) == "99aa06d3014798d86001c324468d497f");
}

TEST_CASE("streams and clones agree with the hash of everything") {
  std::string text(10000, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 % 251);
  Hasher128 stream;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::min<std::size_t>(text.size() - at, at % 257 + 1);
    stream.update(std::as_bytes(std::span(text).subspan(at, length)));
    at += length;
    REQUIRE(stream.clone().hex() == to_hex(hash_key(std::string_view(text).substr(0, at))));
  }
  const std::string whole = to_hex(hash_key(text));
  Hasher128 copy = stream.clone();
  copy.update(std::as_bytes(std::span(text)));
  CHECK(stream.hex() == whole);
  CHECK(copy.hex() != whole);
}

TEST_CASE("derived keys depend on every word and on the parent") {
  std::set<Key> seen;
  for (const Key& parent : {Key{}, Key{0, 1}, Key{1, 0}}) {
    seen.insert(derive_key(parent, 0));
    seen.insert(derive_key(parent, 1));
    seen.insert(derive_key(parent, 0, 1));
    seen.insert(derive_key(parent, 0, 0, 1));
  }
  CHECK(seen.size() == 12);
  CHECK(derive_key(Key{3, 4}, 5, 6, 7) == derive_key(Key{3, 4}, 5, 6, 7));
}

TEST_CASE("a seed changes a 64-bit hash; hex has all its digits") {
  CHECK(hash64("text") != hash64("text", 1));
  CHECK(to_hex(std::uint64_t{0xAB}) == "00000000000000ab");
  CHECK(to_hex(Key{1, 2}) == "00000000000000010000000000000002");
}
