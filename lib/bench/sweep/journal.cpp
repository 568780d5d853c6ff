// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/error.h"
#include "core/json_file.h"
#include "result/json_reader.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

struct Lines {
  std::vector<JournalEntry> entries;
  std::size_t whole_bytes = 0;  ///< up to the end of the last whole line
};

Lines read_lines(const std::string& path) {
  const MappedFile file(path);
  const std::string_view text = file.text();
  Lines lines;
  for (std::size_t begin = 0, number = 1;; ++number) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) break;
    lines.entries.push_back(
        entry_from_line(text.substr(begin, end - begin), fmt::format("{}:{}", path, number)));
    begin = lines.whole_bytes = end + 1;
  }
  return lines;
}

void write_all(int file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw system_error(ErrorKind::kEnvironment, path, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::string to_line(const JournalEntry& entry) {
  const Json line = {
      {"key", entry.key},
      {"sweep", entry.sweep},
      {"item", {{"point", entry.item.point}, {"slice", entry.item.slice}, {"rung", entry.item.rung}}},
      {"point", result::point_to_json(entry.point)}};
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

JournalEntry entry_from_line(std::string_view text, const std::string& place) {
  const Json line = parse_json(text, place, ErrorKind::kInput);
  const result::JsonReader reader(line, place);
  const result::JsonReader item = reader.object("item");
  JournalEntry entry{.key = reader.text("key"),
                     .item = {.point = item.count("point"),
                              .slice = static_cast<std::uint32_t>(item.count("slice")),
                              .rung = static_cast<std::uint32_t>(item.count("rung"))},
                     .point = {},
                     .sweep = reader.text_or("sweep", "")};
  static_cast<void>(reader.object("point"));
  entry.point = result::point_from_json(line.at("point"), place);
  return entry;
}

std::vector<JournalEntry> read_journal(const std::string& path) {
  if (!std::filesystem::exists(path)) return {};
  return read_lines(path).entries;
}

Journal::Journal(const std::string& path) : path_(path) {
  file_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file_.is_open()) throw system_error(ErrorKind::kEnvironment, path, errno);
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Error(ErrorKind::kEnvironment,
                fmt::format("{}: another sweep is writing there: give each its own --output", path));
  }
  const Lines lines = read_lines(path);
  if (::ftruncate(file_.get(), static_cast<off_t>(lines.whole_bytes)) != 0) {
    throw system_error(ErrorKind::kEnvironment, path, errno);
  }
  for (const JournalEntry& entry : lines.entries) entries_.insert_or_assign(entry.key, entry);
}

Journal::~Journal() = default;

const JournalEntry* Journal::find(const std::string& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

void Journal::append(const JournalEntry& entry) {
  const std::string line = to_line(entry) + "\n";
  const MutexLock lock(mutex_);
  write_all(file_.get(), line, path_);
  if (::fdatasync(file_.get()) != 0 && errno != EINVAL && errno != EROFS) {
    throw system_error(ErrorKind::kEnvironment, path_, errno);
  }
}

}  // namespace cachebench::bench
