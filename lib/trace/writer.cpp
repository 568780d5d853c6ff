// SPDX-License-Identifier: Apache-2.0
#include "trace/writer.h"

#include <fmt/format.h>

#include "core/error.h"
#include "trace/format.h"

namespace cachebench::trace {
namespace {

const FormatDescriptor& writable(std::string_view format) {
  const FormatDescriptor& found = FormatRegistry::instance().at(format, "trace format");
  if (!found.create) {
    throw Error(ErrorKind::kUsage,
                fmt::format("trace format '{}' can be read but not written; written are: {}", format,
                            fmt::join(writable_formats(), ", ")));
  }
  return found;
}

}  // namespace

std::unique_ptr<Writer> create_trace(const std::string& path, std::string_view format, const Header& header) {
  return writable(format).create(path, header);
}

std::vector<std::string> writable_formats() {
  std::vector<std::string> names;
  for (const FormatDescriptor& format : FormatRegistry::instance().items()) {
    if (format.create) names.push_back(format.name);
  }
  return names;
}

TraceClass class_of_format(std::string_view format) {
  return writable(format).trace_class;
}

}  // namespace cachebench::trace
