// SPDX-License-Identifier: Apache-2.0
#include "trace/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "core/error.h"
#include "trace/format.h"

namespace cachebench::trace {
namespace {

constexpr std::size_t kHead = std::size_t{16} << 10;

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Probe probe_of(std::string_view head, std::string_view name) {
  Probe probe{.head = head, .name = name, .first_line = {}, .second_line = {}};
  const std::size_t first = head.find('\n');
  probe.first_line = without_return(head.substr(0, first));
  if (first != std::string_view::npos) {
    const std::string_view rest = head.substr(first + 1);
    probe.second_line = without_return(rest.substr(0, rest.find('\n')));
  }
  return probe;
}

const FormatDescriptor& detect(const ByteSource& source) {
  std::string name = std::filesystem::path(source.path()).filename().string();
  if (name.ends_with(".zst")) name.resize(name.size() - 4);
  const Probe probe = probe_of(source.window().substr(0, kHead), name);
  const FormatDescriptor* best = nullptr;
  int confidence = 0;
  for (const FormatDescriptor& format : FormatRegistry::instance().items()) {
    const int sure = format.detect(probe);
    if (sure > confidence) {
      best = &format;
      confidence = sure;
    }
  }
  if (best == nullptr) {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: not a trace of a known format; name it with --trace-format: {}",
                            source.path(), fmt::join(FormatRegistry::instance().names(), ", ")));
  }
  return *best;
}

}  // namespace

std::size_t Reader::next_keys(std::span<KeyedSize> out) {
  constexpr std::size_t kBatch = 256;
  std::array<ObjectAccess, kBatch> batch;
  const std::size_t count = next(std::span(batch).first(std::min(kBatch, out.size())));
  for (std::size_t i = 0; i < count; ++i) out[i] = {.key = batch[i].key, .size = batch[i].size};
  return count;
}

std::unique_ptr<Reader> open_trace(const std::string& path, const ReadOptions& options) {
  const FormatDescriptor* format =
      options.format.empty() ? nullptr : &FormatRegistry::instance().at(options.format, "trace format");
  std::unique_ptr<ByteSource> source = open_source(path);
  while (source->window().size() < kHead && source->grow()) {
  }
  if (source->window().empty()) throw Error(ErrorKind::kInput, path + ": is empty");
  if (format == nullptr) format = &detect(*source);
  return format->open({.source = std::move(source), .options = options});
}

}  // namespace cachebench::trace
