// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "core/hash.h"
#include "trace/trace_helpers.h"
#include "trace/writer.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;
using namespace std::chrono_literals;

namespace {

const std::string kHead = R"({"format":"cachebench-trace","version":1,"time_unit":"us","block_tokens":16})"
                          "\n";

std::string error_for(const std::string& line) {
  const TempDir folder;
  write_text(folder / "a.jsonl", kHead + line + "\n");
  return error_of_reading(folder / "a.jsonl");
}

std::string error_for_header(const std::string& line) {
  const TempDir folder;
  write_text(folder / "a.jsonl", line + "\n");
  return error_of_reading(folder / "a.jsonl", {.format = "native"});
}

}  // namespace

TEST_CASE("the example of the format's page reads as it says") {
  const TempDir folder;
  write_text(
      folder / "a.jsonl",
      kHead +
          R"({"t":1500,"id":3,"session":7,"turn":1,"output_tokens":128,"inputs":[)"
          R"({"kind":"text","hash":"ab","tokens":523,"simhash":"00000000000000ff"},)"
          R"({"kind":"image","hash":"cd","width":1024,"height":768,"bytes":183422,"phash":"1","copy_of":"ab"},)"
          R"({"kind":"audio","seconds":2.5},{"kind":"video","frames":48}],"prefix_blocks":["x","y"]})");
  const auto requests = read_requests(folder / "a.jsonl");
  REQUIRE(requests.size() == 1);
  const Request& request = requests[0];
  CHECK(request.arrival == 1500us);
  CHECK(request.id == 3);
  CHECK(request.session == 7U);
  REQUIRE(request.inputs.size() == 4);
  CHECK(request.inputs[0].content == hash_key("ab"));
  CHECK(request.inputs[0].simhash == 255U);
  CHECK(request.inputs[1].width == 1024U);
  CHECK(request.inputs[1].bytes == 183422U);
  CHECK(meaning_of(request.inputs[1]) == hash_key("ab"));
  CHECK(meaning_of(request.inputs[0]) == request.inputs[0].content);
  CHECK(!meaning_of(request.inputs[2]));
  CHECK(!request.inputs[2].content);
  CHECK(request.inputs[2].seconds == 2.5);
  CHECK(request.inputs[3].frames == 48U);
  CHECK(request.has_blocks);
  CHECK(request.prefix_blocks[1] == BlockRef{.key = hash_key("y"), .tokens = 16});
}

TEST_CASE("codes for a second look and doubt about copies come back as they were written") {
  const TempDir folder;
  Request request;
  Input picture;
  picture.kind = InputKind::kImage;
  picture.hash = "a";
  picture.content = hash_key("a");
  picture.phash = 5;
  picture.phash_fine = FineCode{1, 2, UINT64_MAX, 1ULL << 63};
  request.inputs = {picture};
  for (const bool known : {true, false}) {
    Header header;
    header.name = "x";
    header.copies_known = known;
    const auto writer = create_trace(folder / "b.jsonl", "native", header);
    writer->write(request);
    writer->finish();
    const auto reader = open_trace(folder / "b.jsonl", {});
    CHECK(reader->header().copies_known == known);
    Request back;
    REQUIRE(reader->next(back));
    CHECK(back.inputs == request.inputs);
  }
}

TEST_CASE("time units, partial last blocks and absent facts") {
  const TempDir folder;
  write_text(folder / "a.jsonl",
             R"({"format":"cachebench-trace","version":1,"time_unit":"s","block_tokens":8})"
             "\n"
             R"({"t":1.25,"input_tokens":11,"prefix_blocks":["x","y"]})"
             "\n"
             R"({"t":2,"inputs":[]})"
             "\n");
  const auto requests = read_requests(folder / "a.jsonl");
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].arrival == 1250ms);
  CHECK(requests[0].prefix_blocks[0].tokens == 8);
  CHECK(requests[0].prefix_blocks[1].tokens == 3);
  CHECK(requests[1].id == 1);
  CHECK(!requests[1].has_blocks);
  CHECK(!requests[1].output_tokens);
}

TEST_CASE("mistakes in a record are named with their line") {
  CHECK(contains(error_for(R"({"t":-1,"inputs":[]})"), "a.jsonl:2: \"t\" is negative"));
  CHECK(contains(error_for(R"({"inputs":[]})"), "\"t\" is missing"));
  CHECK(contains(error_for(R"({"t":1})"), "without \"inputs\""));
  CHECK(contains(error_for(R"({"t":1,"t":2,"inputs":[]})"), "occurs twice"));
  CHECK(contains(error_for(R"({"t":18446744073709551615,"inputs":[]})"), "does not fit"));
  CHECK(contains(error_for(R"({"t":1,"inputs":[{"kind":"txt"}]})"), "did you mean 'text'"));
  CHECK(contains(error_for(R"({"t":1,"inputs":[{"tokens":1}]})"), "no \"kind\""));
  CHECK(contains(error_for(R"({"t":1,"inputs":[3]})"), "not an object"));
  CHECK(contains(error_for(R"({"t":1,"inputs":[{"kind":"image","width":0}]})"), "\"width\" 0"));
  CHECK(
      contains(error_for(R"({"t":1,"inputs":[{"kind":"image","bytes":0}]})"), "\"bytes\" of an input is 0"));
  CHECK(contains(error_for(R"({"t":1,"inputs":[{"kind":"image","phash":"xyz"}]})"), "hex"));
  CHECK(contains(error_for(R"({"t":1,"inputs":[{"kind":"text","tokens":1e99}]})"), "too large"));
  CHECK(contains(error_for(R"({"t":1,"prefix_blocks":[1]})"), "not a string"));
  CHECK(contains(error_for(R"({"t":1,"input_tokens":16,"prefix_blocks":["a","b"]})"), "2 prefix blocks"));
  CHECK(contains(error_for(R"({"t":1,"turn":4294967296,"inputs":[]})"), "\"turn\" is too large"));
  CHECK(contains(error_for(R"({"t":1,"inputs":[)"), "a.jsonl:2: not JSON"));
}

TEST_CASE("mistakes in the header are errors whatever is tolerated") {
  CHECK(contains(error_for_header("{}"), "a.jsonl:1: no header line"));
  CHECK(contains(error_for_header(R"({"format":"cachebench-trace","version":2})"), "version 2"));
  CHECK(contains(error_for_header(R"({"format":"cachebench-trace","version":1,"block_tokens":0})"),
                 "block_tokens 0"));
  CHECK(contains(error_for_header(R"({"format":"cachebench-trace","version":1,"time_unit":"h"})"),
                 "time_unit 'h'"));
}

TEST_CASE("a header that says how many requests there are shows a file that was cut") {
  const TempDir folder;
  const std::string text = R"({"format":"cachebench-trace","version":1,"requests":2})"
                           "\n"
                           R"({"t":1,"inputs":[]})"
                           "\n";
  write_text(folder / "a.jsonl", text);
  CHECK(contains(error_of_reading(folder / "a.jsonl"), "truncated: 1 requests, the header says 2"));
  CHECK(error_of_reading(folder / "a.jsonl", {.format = "", .skip_bad = 0, .limit = 1}).empty());
  write_text(folder / "a.jsonl", text + R"({"t":1,"inputs":[]})");
  CHECK(error_of_reading(folder / "a.jsonl").empty());
}

TEST_CASE("what is written is read again, plain and compressed") {
  const TempDir folder;
  Header header;
  header.name = "n \"quoted\"";
  header.source = "s";
  header.license = "l";
  header.notes = "näh";
  header.block_tokens = 32;
  Request request;
  request.arrival = 123'456'789ns;
  request.id = 77;
  request.session = 1;
  request.turn = 2;
  request.input_tokens = 40;
  request.output_tokens = 5;
  request.image_count = 1;
  Input image;
  image.kind = InputKind::kImage;
  image.hash = "h";
  image.content = hash_key(image.hash);
  image.width = 3;
  image.height = 4;
  image.bytes = 5;
  image.tokens = 6;
  image.phash = 0xFFFFFFFFFFFFFFFF;
  image.copy_of = "original";
  Input audio;
  audio.kind = InputKind::kAudio;
  audio.seconds = 0.1;
  request.inputs = {image, audio};
  for (const std::string name : {"a.jsonl", "a.jsonl.zst"}) {
    const auto writer = create_trace(folder / name, "native", header);
    writer->write(request);
    writer->finish();
    CHECK(read_requests(folder / name) == std::vector<Request>{request});
    Header read = open_trace(folder / name)->header();
    read.format.clear();
    CHECK(read == header);
  }
}
