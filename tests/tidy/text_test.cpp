// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>

#include "core/json_file.h"
#include "support/temp_dir.h"
#include "tidy/source_tree.h"

using namespace cachebench;
using namespace cachebench::tidy;

TEST_CASE("no file names a place of one machine") {
  // Written in pieces, so that this file does not match itself.
  const std::regex place(std::string("(^|[^\\w./}])/") + "(work|home|root|Users)/");
  for (const SourceFile& file : source_files()) {
    const std::vector<std::string> lines = lines_of(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      CHECK_MESSAGE(!std::regex_search(lines[i], place), file.path << ":" << i + 1 << ": " << lines[i]);
    }
  }
}

TEST_CASE("text files end in one newline and hold no tabs or trailing blanks") {
  for (const SourceFile& file : source_files()) {
    if (file.text.empty() || file.ends(".csv") || file.ends(".xml") || file.ends("package-lock.json"))
      continue;
    CHECK_MESSAGE(file.text.back() == '\n', file.path << ": no newline at the end");
    if (file.plain.empty()) continue;
    CHECK_MESSAGE(file.text.find('\t') == std::string::npos, file.path << ": a tab");
    CHECK_MESSAGE(file.text.find(" \n") == std::string::npos, file.path << ": trailing blanks");
  }
}

TEST_CASE("every config is JSON") {
  std::size_t seen = 0;
  for (const SourceFile& file : source_files()) {
    if (!file.in("configs/") || !file.ends(".json")) continue;
    ++seen;
    CHECK_NOTHROW_MESSAGE((void)parse_json(file.text, file.path, ErrorKind::kUsage), file.path);
  }
  CHECK(seen > 0);
}

TEST_CASE("the architecture page names every folder of lib/ and fits three screens") {
  const std::string page = testing::read_text(std::string(CACHEBENCH_SOURCE_DIR) + "/docs/architecture.md");
  std::set<std::string> folders;
  for (const SourceFile* file : product_files()) {
    if (file->in("lib/")) folders.insert(file->folder());
  }
  for (const std::string& folder : folders) {
    CHECK_MESSAGE(page.find("`" + folder.substr(4) + "`") != std::string::npos, folder << " is not named");
  }
  CHECK(line_count(page) <= 150);
}

TEST_CASE("every page in docs/ is linked from the README or the architecture page") {
  const std::string root = CACHEBENCH_SOURCE_DIR;
  const std::string links =
      testing::read_text(root + "/README.md") + testing::read_text(root + "/docs/architecture.md");
  for (const SourceFile& file : source_files()) {
    if (!file.in("docs/") || !file.ends(".md")) continue;
    const std::string name = file.path.substr(file.path.rfind('/') + 1);
    CHECK_MESSAGE(links.find(name) != std::string::npos, file.path << " is linked from nowhere");
  }
}

TEST_CASE("paths that the pages name are there") {
  static const std::regex kPath(R"(`((?:lib|apps|tests|configs|scripts|docs|workloads)/[\w./-]+)`)");
  std::size_t seen = 0;
  for (const SourceFile& file : source_files()) {
    if (!file.ends(".md")) continue;
    for (std::sregex_iterator at(file.text.begin(), file.text.end(), kPath); at != std::sregex_iterator();
         ++at) {
      ++seen;
      const std::string path = std::string(CACHEBENCH_SOURCE_DIR) + "/" + (*at)[1].str();
      CHECK_MESSAGE((std::filesystem::exists(path) || path.find("NAME") != std::string::npos),
                    file.path << " names " << (*at)[1] << ", which is not there");
    }
  }
  CHECK(seen > 20);
}

TEST_CASE("the guide to a new policy quotes its example as it is") {
  const std::string root = CACHEBENCH_SOURCE_DIR;
  const std::string page = testing::read_text(root + "/docs/add-a-policy.md");
  const std::string example = testing::read_text(root + "/lib/policy/eviction/mru.cpp");
  CHECK(page.find("```cpp\n" + example + "```\n") != std::string::npos);
}
