// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/registry.h"
#include "trace/byte_source.h"
#include "trace/reader.h"
#include "trace/writer.h"

/// Trace formats: one self-registering file each in trace/format/. A format says how sure it is that some
/// bytes are its own, opens a reader, and creates a writer where it has one. Descriptors are immutable once
/// registered, hence thread-safe.
namespace cachebench::trace {

/// What detection looks at.
struct Probe {
  std::string_view head;         ///< the first bytes of the content, decompressed
  std::string_view name;         ///< file name without folder, `.zst` removed
  std::string_view first_line;   ///< of `head`, without its end; all of `head` when it has none
  std::string_view second_line;  ///< likewise; empty when there is none
};

/// A source that is to be read.
struct OpenSource {
  std::unique_ptr<ByteSource> source;
  ReadOptions options;
};

struct FormatDescriptor {
  std::string name;
  std::string summary;  ///< one line
  TraceClass trace_class = TraceClass::kObjects;
  /// 0 (not mine) to 100 (certain); the highest wins.
  std::function<int(const Probe&)> detect;
  std::function<std::unique_ptr<Reader>(OpenSource)> open;
  /// Empty: no writer.
  std::function<std::unique_ptr<Writer>(const std::string& path, const Header& header)> create = {};
};

using FormatRegistry = Registry<FormatDescriptor>;

}  // namespace cachebench::trace
