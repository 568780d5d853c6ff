// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/command.h"
#include "support/temp_dir.h"

namespace {

namespace testing = cachebench::testing;
using testing::cachebench;
using testing::CommandResult;
using testing::TempDir;

std::string trace_in(const TempDir& folder) {
  testing::write_text(folder / "t.csv", "time,key,size\n0,1,10\n1,2,10\n2,1,10\n3,3,10\n4,1,10\n5,2,10\n");
  return folder / "t.csv";
}

CommandResult sweep(const std::string& trace, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"sweep", "--trace", trace};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return cachebench(arguments);
}

}  // namespace

TEST_CASE("sweep prints a table, a CSV or a document, and nothing else on standard output") {
  const TempDir folder;
  const std::string trace = trace_in(folder);
  const CommandResult csv = sweep(trace, {"--policies", "lru,fifo", "--capacities", "20", "--csv", "-"});
  CHECK(csv.exit_code == 0);
  CHECK(csv.err.empty());
  CHECK(csv.out.find("\nt.csv,lru,20,6,4,0.666667,60,40,0.666667,2,2,") != std::string::npos);
  CHECK(csv.out.find("\nt.csv,fifo,20,6,5,") != std::string::npos);

  const CommandResult table = sweep(trace, {"--policies", "lru", "--capacities", "67%", "--unit-size"});
  CHECK(table.exit_code == 0);
  CHECK(table.out.find("entries") != std::string::npos);

  const std::string file = folder / "out.csv";
  const CommandResult both =
      sweep(trace, {"--policies", "lru", "--capacities", "20", "--json", "--csv", file});
  CHECK(both.exit_code == 0);
  const auto document = nlohmann::json::parse(both.out);
  CHECK(document["kind"] == "sweep");
  CHECK(document["points"][0]["result"]["misses"] == 4);
  CHECK(document["trace"]["sha256"].get<std::string>().size() == 64);
  CHECK(testing::read_text(file).find("t.csv,lru,20,6,4,") != std::string::npos);
}

TEST_CASE("sweep refuses what makes no sense with exit code 2, broken traces with 3") {
  const TempDir folder;
  const std::string trace = trace_in(folder);
  const auto refused = [&](const std::vector<std::string>& arguments, const char* word) {
    const CommandResult result = sweep(trace, arguments);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK(result.err.find(word) != std::string::npos);
  };
  refused({"--policies", "lruu", "--capacities", "10"}, "'lru'");
  refused({"--policies", "lru", "--capacities", "12x"}, "'12x'");
  refused({"--policies", "lru", "--capacities", "10", "--lowering", "graf"}, "graph");
  refused({"--policies", "lru", "--capacities", "10", "--lowering", "blocks"}, "plain objects");
  refused({"--policies", "lru", "--capacities", "10", "--csv", "-", "--json"}, "--csv");
  refused({"--policies", "lru", "--capacities", "10", "--threads", "0"}, "threads");
  refused({"--capacities", "10"}, "--policies");

  testing::write_text(folder / "bad.csv", "time,key,size\n0,1,10\n1,2,x\n");
  const CommandResult bad = sweep(folder / "bad.csv", {"--policies", "lru", "--capacities", "10"});
  CHECK(bad.exit_code == 3);
  CHECK(bad.err.find("bad.csv:3") != std::string::npos);
}
