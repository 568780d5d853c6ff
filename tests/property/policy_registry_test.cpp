// SPDX-License-Identifier: Apache-2.0
#include <doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "policy/admission.h"
#include "policy/eviction.h"
#include "policy/migration.h"
#include "policy/prefetch.h"

// A variant is its file: what is registered is what lies in the folder, under the file's name.

using namespace cachebench::policy;

namespace {

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  const std::filesystem::path path = std::filesystem::path(CACHEBENCH_SOURCE_DIR) / "lib" / "policy" / folder;
  for (const auto& file : std::filesystem::directory_iterator(path)) {
    if (file.path().extension() != ".cpp") continue;
    std::string name = file.path().stem().string();
    std::replace(name.begin(), name.end(), '_', '-');
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("registered policies are the files of their folders") {
  CHECK(EvictionRegistry::instance().names() == names_in("eviction"));
  CHECK(AdmissionRegistry::instance().names() == names_in("admission"));
  CHECK(MigrationRegistry::instance().names() == names_in("migration"));
  CHECK(PrefetchRegistry::instance().names() == names_in("prefetch"));
}
