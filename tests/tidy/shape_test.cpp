// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tidy/source_tree.h"

using namespace cachebench::tidy;
namespace fs = std::filesystem;

namespace {

const fs::path kRoot(CACHEBENCH_SOURCE_DIR);
constexpr std::size_t kFunctionLines = 70;
constexpr std::size_t kTestFunctionLines = 100;
constexpr std::size_t kFileLines = 500;
constexpr std::size_t kTestFileLines = 800;
constexpr std::size_t kHeaderLines = 300;
constexpr std::size_t kTypicalFileLines = 300;
constexpr std::size_t kColumns = 110;

// The first line of a header that declares something: past includes, namespaces and forward declarations.
std::string first_declaration(const SourceFile& file) {
  static const std::regex kSkipped(
      R"(^\s*$|^\s*#|^namespace\b.*|^}.*|^using\s.*;|^\s*(class|struct)\s+[\w:]+;|^// SPDX.*)");
  bool directive = false;
  for (const std::string& line : lines_of(file.text)) {
    const bool continued = directive && line.ends_with('\\');
    if (directive || std::regex_match(line, kSkipped) || line.starts_with("#")) {
      directive = (line.starts_with("#") && line.ends_with('\\')) || continued;
      continue;
    }
    return line;
  }
  return {};
}

}  // namespace

TEST_CASE("functions are short") {
  for (const SourceFile& file : source_files()) {
    if (file.plain.empty()) continue;
    const std::size_t limit = file.in("tests/") ? kTestFunctionLines : kFunctionLines;
    for (const Function& function : functions_of(file)) {
      CHECK_MESSAGE(function.lines <= limit, file.path << ":" << function.line << ": " << function.lines
                                                       << " lines: " << function.head);
    }
  }
}

TEST_CASE("files are short, headers shorter, and most files far below the limit") {
  std::vector<std::size_t> lengths;
  for (const SourceFile& file : source_files()) {
    if (file.plain.empty()) continue;
    const std::size_t lines = line_count(file.text);
    const std::size_t limit = file.in("tests/") ? kTestFileLines
                              : file.ends(".h") ? kHeaderLines
                                                : kFileLines;
    CHECK_MESSAGE(lines <= limit, file.path << ": " << lines << " lines, at most " << limit);
    if (!file.in("tests/")) lengths.push_back(lines);
  }
  std::sort(lengths.begin(), lengths.end());
  REQUIRE(!lengths.empty());
  CHECK(lengths[lengths.size() * 9 / 10] <= kTypicalFileLines);
}

TEST_CASE("lines fit the width") {
  for (const SourceFile& file : source_files()) {
    if (file.plain.empty()) continue;
    const std::vector<std::string> lines = lines_of(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      // In a test, data in a literal, such as a line of JSON, is clearer whole.
      if (file.in("tests/") && lines[i].find('"') != std::string::npos) continue;
      // Bytes that continue a UTF-8 character take no column.
      const auto columns =
          static_cast<std::size_t>(std::count_if(lines[i].begin(), lines[i].end(), [](char c) {
            return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
          }));
      CHECK_MESSAGE(columns <= kColumns, file.path << ":" << i + 1 << ": " << columns << " columns");
    }
  }
}

TEST_CASE("every implementation file has a test of its name; variants are covered by the property suites") {
  for (const SourceFile* file : product_files()) {
    if (!file->in("lib/") || !file->ends(".cpp")) continue;
    if (file->plain.find("CACHEBENCH_REGISTER(") != std::string::npos) continue;
    const std::string stem = file->path.substr(4, file->path.size() - 8);
    CHECK_MESSAGE(fs::exists(kRoot / "tests" / (stem + "_test.cpp")),
                  file->path << " has no tests/" << stem << "_test.cpp");
  }
}

TEST_CASE("files open with their licence, headers with the guard and a paragraph on what they are") {
  for (const SourceFile& file : source_files()) {
    if (file.plain.empty()) continue;
    CHECK_MESSAGE(file.text.starts_with("// SPDX-License-Identifier: Apache-2.0\n"),
                  file.path << ": no SPDX line");
    if (!file.ends(".h")) continue;
    CHECK_MESSAGE(file.text.find("\n#pragma once\n") != std::string::npos, file.path << ": no #pragma once");
    if (!file.in("lib/")) continue;
    CHECK_MESSAGE(first_declaration(file).starts_with("///"), file.path << ": declares before it explains");
  }
}

TEST_CASE("macros come from the closed list") {
  const std::set<std::string> allowed{
      "CACHEBENCH_CHECK",       "CACHEBENCH_DCHECK",   "CACHEBENCH_REGISTER", "CACHEBENCH_THREAD_ATTRIBUTE",
      "CACHEBENCH_GUARDED_BY",  "CACHEBENCH_REQUIRES", "CACHEBENCH_EXCLUDES", "XXH_INLINE_ALL",
      "NO_MANUAL_VECTORIZATION"};
  static const std::regex kDefine(R"(^\s*#\s*define\s+(\w+))");
  for (const SourceFile* file : product_files()) {
    for (const std::string& line : lines_of(file->text)) {
      std::smatch match;
      if (!std::regex_search(line, match, kDefine)) continue;
      CHECK_MESSAGE(allowed.contains(match[1]), file->path << " defines " << match[1]);
    }
  }
}

TEST_CASE("calls that are not for us") {
  struct Ban {
    std::regex call;
    std::regex allowed;  // paths
    const char* instead;
  };
  const std::vector<Ban> bans{
      {std::regex(
           R"(\bstd::(recursive_|shared_|timed_)?mutex\b|\bstd::(lock_guard|unique_lock|scoped_lock)\b)"),
       std::regex("^lib/core/sync\\.h$"), "core/sync.h"},
      {std::regex(R"(\bstd::condition_variable)"), std::regex("^lib/core/sync\\.h$"), "core/sync.h"},
      {std::regex(
           R"(\bstd::(mt19937|random_device|uniform_int_distribution|normal_distribution)|\bs?rand\()"),
       std::regex("^$"), "core/rng.h"},
      {std::regex(R"(\bstd::(log|log2|log10|log1p|exp|exp2|expm1|pow|sin|cos|tan|tanh|cbrt)\()"),
       std::regex("^(lib/(result|report)/|tests/)"), "core/det_math.h"},
      {std::regex(R"(\bassert\()"), std::regex("^$"), "core/check.h"},
      {std::regex(R"(\bnew\s+[A-Z:a-z]|\bdelete\s+[a-z]|std::malloc\(|[=(,]\s*malloc\()"), std::regex("^$"),
       "an owning type"},
      {std::regex(R"(\bsystem\(|\bpopen\()"), std::regex("^tests/"), "nothing"},
      {std::regex(R"(\bstd::cout\b|\bprintf\()"), std::regex("^tests/"), "write_stdout of core/file.h"},
      {std::regex(R"(\bsleep_for\(|\busleep\()"), std::regex("^lib/"),
       "sequence points and the virtual clock"},
  };
  for (const SourceFile& file : source_files()) {
    if (file.plain.empty()) continue;
    const std::vector<std::string> lines = lines_of(file.plain);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      for (const Ban& ban : bans) {
        if (!std::regex_search(lines[i], ban.call) || std::regex_search(file.path, ban.allowed)) continue;
        FAIL_CHECK(file.path << ":" << i + 1 << ": use " << std::string(ban.instead));
      }
    }
  }
}
