// SPDX-License-Identifier: Apache-2.0
#include "model/safetensors.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "core/error.h"
#include "core/file.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::model;

namespace {

std::string file_of(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

std::string written(const testing::TempDir& folder, const std::string& bytes) {
  const std::string path = folder / "x.safetensors";
  write_file(path, bytes);
  return path;
}

void check_refused(const std::string& header, const std::string& data, const char* reason) {
  CAPTURE(header);
  const testing::TempDir folder;
  const std::string path = written(folder, file_of(header, data));
  CHECK_THROWS_WITH_AS(SafeTensors{path}, doctest::Contains(reason), Error);
}

}  // namespace

TEST_CASE("tensors are read where they lie") {
  const testing::TempDir folder;
  const SafeTensors file(written(
      folder,
      file_of(
          R"({"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},)"
          R"("a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"e":{"dtype":"F16","shape":[0,4],"data_offsets":[11,11]}})",
          "01234567xyz")));
  CHECK(file.tensors().size() == 3);
  CHECK(file.at("a").meta == TensorMeta{.shape = {2, 1}, .dtype = DType::kF32});
  CHECK(std::memcmp(file.at("a").data.data(), "01234567", 8) == 0);
  CHECK(std::memcmp(file.at("b").data.data(), "xyz", 3) == 0);
  CHECK(file.at("e").data.empty());
  CHECK(file.find("c") == nullptr);
  CHECK_THROWS_WITH_AS(static_cast<void>(file.at("c")), doctest::Contains("no tensor 'c'"), Error);
}

TEST_CASE("whatever is wrong is refused with its reason") {
  check_refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "0123456", "cut short");
  check_refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "01234567", "takes 4 bytes");
  check_refused(R"({"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}})", "01234567", "F33");
  check_refused(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "01234567", "shape");
  check_refused(R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,2],"data_offsets":[0,8]}})", "01234567", "shape");
  check_refused(R"({"a":{"dtype":"F32","shape":[2]}})", "01234567", "malformed");
  check_refused(
      R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}})",
      "01234567", "overlap");
  check_refused(R"([1])", "", "not a JSON object");
  check_refused(R"({"a":)", "", ":1:");
}

TEST_CASE("no cut of a file crashes, and no flipped byte of its header") {
  const std::string whole =
      file_of(R"({"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}})", "01234567");
  const testing::TempDir folder;
  const auto opens = [&](const std::string& bytes) {
    const std::string path = written(folder, bytes);
    try {
      const SafeTensors file(path);
      for (const auto& [name, view] : file.tensors()) CHECK(view.data.size() == view.meta.bytes().value);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kInput);
    }
  };
  for (std::size_t size = 0; size < whole.size(); ++size) opens(whole.substr(0, size));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char flip : {'\x01', '\x10', '\x80'}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      opens(bytes);
    }
  }
}
