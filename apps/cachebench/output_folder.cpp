// SPDX-License-Identifier: Apache-2.0
#include "output_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "core/nearest.h"
#include "report/report.h"
#include "result/json.h"

namespace cachebench::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kResultFile = "result.json";

std::string fresh_folder(const std::string& name) {
  for (int n = 1;; ++n) {
    std::string folder = fmt::format("cachebench-out/{}-{}", name, n);
    if (!fs::exists(folder)) return folder;
  }
}

}  // namespace

OutputFolder::OutputFolder(const bench::RunConfig& config, const std::vector<std::string>& exports,
                           OutputOptions options)
    : exports_(exports) {
  for (const std::string& format : exports_) {
    if (format != "json") (void)Registry<report::ReportDescriptor>::instance().at(format, "export");
  }
  if (!options.wanted) return;
  folder_ = config.output.empty() ? fresh_folder(config.name) : config.output;
  std::error_code failed;
  fs::create_directories(folder_, failed);
  if (failed) throw Error(ErrorKind::kEnvironment, folder_ + ": " + failed.message());
  if (::access(folder_.c_str(), W_OK) != 0) throw system_error(ErrorKind::kEnvironment, folder_, errno);
  if (fs::exists(fs::path(folder_) / kResultFile) && !options.force) {
    throw Error(ErrorKind::kUsage, fmt::format("{}/{} is there already: take another --output, or --force",
                                               folder_, kResultFile));
  }
}

void OutputFolder::write(const result::RunResult& result) {
  if (folder_.empty()) return;
  const std::string path = (fs::path(folder_) / kResultFile).string();
  result::write_result(path, result);
  files_.push_back(path);
  for (const std::string& format : exports_) {
    if (format == "json") continue;
    const report::ReportDescriptor& report =
        Registry<report::ReportDescriptor>::instance().at(format, "export");
    const std::string file = (fs::path(folder_) / ("report." + report.extension)).string();
    write_file(file, report.render(result));
    files_.push_back(file);
  }
}

}  // namespace cachebench::app
