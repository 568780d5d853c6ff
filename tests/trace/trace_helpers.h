// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"
#include "support/temp_dir.h"
#include "trace/reader.h"

/// Short ways to read traces in tests.
namespace cachebench::testing {

inline std::vector<trace::Request> read_requests(const std::string& path,
                                                 const trace::ReadOptions& options = {}) {
  const auto reader = trace::open_trace(path, options);
  std::vector<trace::Request> result;
  trace::Request request;
  while (reader->next(request)) result.push_back(request);
  return result;
}

inline std::vector<trace::ObjectAccess> read_objects(const std::string& path,
                                                     const trace::ReadOptions& options = {}) {
  const auto reader = trace::open_trace(path, options);
  std::vector<trace::ObjectAccess> result;
  std::array<trace::ObjectAccess, 7> batch;  // odd, so that batches end inside windows
  while (const std::size_t count = reader->next(std::span(batch))) {
    result.insert(result.end(), batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return result;
}

/// The message of the Error that `function` throws, "" when it throws none.
template <typename Function>
std::string error_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// What reading the whole file says.
inline std::string error_of_reading(const std::string& path, const trace::ReadOptions& options = {}) {
  return error_of([&] {
    const auto reader = trace::open_trace(path, options);
    if (reader->trace_class() == trace::TraceClass::kRequests) {
      trace::Request request;
      while (reader->next(request)) {
      }
      return;
    }
    std::array<trace::ObjectAccess, 16> batch;
    while (reader->next(std::span(batch)) > 0) {
    }
  });
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A file of the shared recordings, "" where they are not on this machine.
inline std::string recording(const std::string& name) {
  const std::filesystem::path path =
      std::filesystem::path(CACHEBENCH_SOURCE_DIR) / ".." / "shared" / "traces" / name;
  return std::filesystem::exists(path) ? path.lexically_normal().string() : std::string();
}

}  // namespace cachebench::testing
