// SPDX-License-Identifier: Apache-2.0
#include "core/registry.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "model/model_runner.h"
#include "pipeline/batcher.h"
#include "policy/admission.h"
#include "policy/bound.h"
#include "policy/eviction.h"
#include "policy/migration.h"
#include "policy/prefetch.h"
#include "report/report.h"
#include "tidy/source_tree.h"
#include "tier/codec.h"
#include "trace/format.h"
#include "trace/synthetic/session.h"

using namespace cachebench;
using namespace cachebench::tidy;

namespace {

std::string stem_of(const std::string& path) {
  const std::size_t slash = path.rfind('/') + 1;
  return path.substr(slash, path.rfind('.') - slash);
}

std::string as_file(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// The files of one folder that register something, by stem.
std::set<std::string> registering_files(const std::string& folder) {
  std::set<std::string> stems;
  for (const SourceFile* file : product_files()) {
    if (file->folder() != folder || file->plain.find("CACHEBENCH_REGISTER(") == std::string::npos) continue;
    stems.insert(stem_of(file->path));
  }
  return stems;
}

void check_names(const std::string& folder, const std::vector<std::string>& names) {
  std::set<std::string> registered;
  for (const std::string& name : names) {
    CHECK_MESSAGE(registered.insert(as_file(name)).second, folder << ": " << name << " is registered twice");
  }
  CHECK_MESSAGE(!registered.empty(), folder << ": nothing is registered");
  for (const std::string& stem : registering_files(folder)) {
    CHECK_MESSAGE(registered.contains(stem), folder << "/" << stem << ".cpp is not in the registry");
  }
  for (const std::string& name : registered) {
    CHECK_MESSAGE(registering_files(folder).contains(name),
                  name << " is registered without a file in " << folder);
  }
}

template <typename Descriptor>
void check_folder(const std::string& folder) {
  check_names(folder, Registry<Descriptor>::instance().names());
}

// Policies that see the future are bounds, and live with those that are no policies.
void check_evictions_and_bounds() {
  std::vector<std::string> evictions;
  std::vector<std::string> bounds = Registry<policy::BoundDescriptor>::instance().names();
  for (const policy::EvictionDescriptor& item : policy::EvictionRegistry::instance().items()) {
    (item.sees_future ? bounds : evictions).push_back(item.name);
  }
  check_names("lib/policy/eviction", evictions);
  check_names("lib/policy/bound", bounds);
}

}  // namespace

TEST_CASE("the registry of each kind equals its folder") {
  check_evictions_and_bounds();
  check_folder<policy::AdmissionDescriptor>("lib/policy/admission");
  check_folder<policy::MigrationDescriptor>("lib/policy/migration");
  check_folder<policy::PrefetchDescriptor>("lib/policy/prefetch");
  check_folder<pipeline::BatcherDescriptor>("lib/pipeline/batcher");
  check_folder<trace::FormatDescriptor>("lib/trace/format");
  check_folder<trace::SessionDescriptor>("lib/trace/generator");
  check_folder<tier::CodecDescriptor>("lib/tier/codec");
  check_folder<report::ReportDescriptor>("lib/report/format");
  check_folder<model::RunnerDescriptor>("lib/model/runner");
}

TEST_CASE("a file that registers a variant gives it the file's name") {
  static const std::regex kName(R"re(\.name\s*=\s*"([^"]+)")re");
  for (const SourceFile* file : product_files()) {
    const std::size_t at = file->plain.find("\nCACHEBENCH_REGISTER(");
    if (at == std::string::npos || file->ends(".h")) continue;
    std::smatch match;
    const std::string after = file->text.substr(at);
    REQUIRE_MESSAGE(std::regex_search(after, match, kName),
                    file->path << ": no name beside the registration");
    CHECK_MESSAGE(as_file(match[1]) == stem_of(file->path), file->path << " registers " << match[1]);
  }
}
