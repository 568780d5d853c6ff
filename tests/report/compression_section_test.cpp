// SPDX-License-Identifier: Apache-2.0
#include "report/compression_section.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "result/json.h"
#include "support/page_check.h"
#include "support/sample_result.h"

namespace cachebench::report {
namespace {

result::RunResult compressed() {
  result::RunResult sample = test::sample_result();
  result::MeasuredCodec codec{.encoded = 9,
                              .declined = 1,
                              .plain_bytes = 900,
                              .stored_bytes = 459,
                              .declined_bytes = 100,
                              .encode_ns = 500,
                              .decoded = 4,
                              .decoded_bytes = 400,
                              .decode_ns = 100,
                              .compared_elements = 50};
  codec.max_error = 0.25;
  codec.relative_error = 0.01;
  sample.compression =
      result::Compression{.tiers = {{.tier = "<L2>", .form = "int8", .when = "always"}}, .kinds = {}};
  sample.compression->kinds["kv_block"] = {
      .entries = 10, .plain_bytes = 1000, .charged_bytes = 510, .lossy = codec, .lossless = std::nullopt};
  sample.hashing = result::Hashing{.algorithm = "sha256",
                                   .contents = 7,
                                   .bytes = 1 << 20,
                                   .time_ns = 12'345'678,
                                   .measured = {{"text", {.contents = 5, .bytes = 3000, .time_ns = 1500}}}};
  return sample;
}

TEST_CASE("a run that neither compresses nor hashes says nothing of it") {
  result::RunResult sample = test::sample_result();
  sample.compression.reset();
  sample.hashing.reset();
  CHECK(compression_section(sample).empty());
  CHECK(compression_markdown(sample).empty());
}

TEST_CASE("every figure of the section is in the document") {
  const result::RunResult sample = compressed();
  const std::string html = compression_section(sample);
  CHECK(html.find("<L2>") == std::string::npos);
  CHECK(html.find("&lt;L2&gt;") != std::string::npos);
  test::hold_page_to(result::to_json(sample), html, 14, "");
}

TEST_CASE("Markdown has a row a kind and a line for hashing") {
  const std::string text = compression_markdown(compressed());
  CHECK(text.find("0.510 | 2.00 GB/s | 4.00 GB/s | 0.25 | 0.01 |") != std::string::npos);
  CHECK(text.find("Hashing: 7 contents") != std::string::npos);
  CHECK(text.find("sha256 (modelled). Measured on one core: text 2.00 GB/s.") != std::string::npos);
}

}  // namespace
}  // namespace cachebench::report
