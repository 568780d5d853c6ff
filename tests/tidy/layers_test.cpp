// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "tidy/source_tree.h"

using namespace cachebench::tidy;
namespace fs = std::filesystem;

namespace {

const fs::path kRoot(CACHEBENCH_SOURCE_DIR);

bool is_generated(const std::string& header) {
  return header.find('/') == std::string::npos &&
         fs::exists(fs::path(CACHEBENCH_BINARY_DIR) / "generated" / header);
}

std::string place(const SourceFile& file, std::size_t line) {
  return file.path + ":" + std::to_string(line);
}

}  // namespace

TEST_CASE("every include is allowed by the layer table") {
  const auto table = layer_table();
  for (const SourceFile* file : product_files()) {
    if (!file->in("lib/")) continue;
    const std::string layer = file->path.substr(4, file->path.find('/', 4) - 4);
    REQUIRE_MESSAGE(table.contains(layer),
                    file->path << ": lib/" << layer << " is not in lib/CMakeLists.txt");
    for (const Include& include : includes_of(*file)) {
      if (!include.quoted || is_generated(include.target)) continue;
      const std::string used = include.target.substr(0, include.target.find('/'));
      CHECK_MESSAGE(fs::exists(kRoot / "lib" / include.target),
                    place(*file, include.line) << ": \"" << include.target << "\" is not a path from lib/");
      CHECK_MESSAGE((used == layer || table.at(layer).contains(used)),
                    place(*file, include.line) << ": " << layer << " may not include " << include.target);
    }
  }
}

// So that compiling the file shows that the header stands alone.
TEST_CASE("an implementation includes its own header first") {
  for (const SourceFile* file : product_files()) {
    if (!file->in("lib/") || !file->ends(".cpp")) continue;
    const std::string header = file->path.substr(4, file->path.size() - 8) + ".h";
    if (!fs::exists(kRoot / "lib" / header)) continue;
    const std::vector<Include> includes = includes_of(*file);
    REQUIRE_MESSAGE(!includes.empty(), file->path);
    CHECK_MESSAGE(includes.front().target == header, file->path << " opens with " << includes.front().target);
  }
}

TEST_CASE("no folder reaches itself through another") {
  for (const auto& cycle : cycles_of(folder_graph())) {
    std::string names;
    for (const std::string& folder : cycle) names += " " + folder;
    FAIL_CHECK("folders in a cycle:" << names);
  }
}

TEST_CASE("the planes and codecs of tier do not know one another") {
  const std::vector<std::string> leaves{"null", "device", "host", "ssd", "codec", "lossy"};
  const FolderGraph graph = folder_graph();
  for (const std::string& from : leaves) {
    const auto found = graph.find("lib/tier/" + from);
    if (found == graph.end()) continue;
    for (const std::string& to : leaves) {
      CHECK_MESSAGE(!found->second.contains("lib/tier/" + to),
                    "lib/tier/" << from << " includes lib/tier/" << to);
    }
  }
}

TEST_CASE("a self-registering variant has no header, and is reached by name alone") {
  for (const SourceFile* file : product_files()) {
    if (!file->ends(".cpp") || file->plain.find("CACHEBENCH_REGISTER(") == std::string::npos) continue;
    const std::string header = file->path.substr(0, file->path.size() - 4) + ".h";
    CHECK_MESSAGE(!fs::exists(kRoot / header), file->path << " registers itself and has a header");
  }
}

TEST_CASE("third-party headers stay where they belong") {
  struct Ban {
    std::regex header;
    std::regex allowed;  // paths that may include it
  };
  const std::vector<Ban> bans{
      {std::regex("^(torch|ATen|c10)/"), std::regex(R"(^lib/torch_model/(.*\.cpp|internal/.*\.h)$)")},
      {std::regex("^CLI/"), std::regex("^apps/")},
      {std::regex("^nlohmann/json\\.hpp$"), std::regex(R"(\.cpp$)")},
      {std::regex("^(hwloc|liburing|zstd|isa-l|openssl|xxhash|valijson|nvtx3|spng|turbojpeg)[./]"),
       std::regex(R"(\.cpp$)")},
      {std::regex("^(mutex|condition_variable|shared_mutex)$"), std::regex("^lib/core/sync\\.h$")},
      {std::regex("^(random|regex|iostream|cassert|assert\\.h)$"), std::regex("^$")},
  };
  for (const SourceFile* file : product_files()) {
    for (const Include& include : includes_of(*file)) {
      for (const Ban& ban : bans) {
        if (!std::regex_search(include.target, ban.header)) continue;
        CHECK_MESSAGE(std::regex_search(file->path, ban.allowed),
                      place(*file, include.line) << ": <" << include.target << "> does not belong here");
      }
    }
  }
}
