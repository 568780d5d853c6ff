// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/sweep/design.h"
#include "core/file.h"
#include "core/sync.h"
#include "result/sweep_result.h"

/// What a sweep has finished, one line of JSON a point, each on the device before the next is begun: a sweep
/// that was killed goes on where it was. A last line that a kill tore is dropped when the file is opened. One
/// process at a time holds a journal. Thread-safe. Errors: Error{kEnvironment} when it cannot be written or
/// another process has it, Error{kInput} for a line that is no point.
namespace cachebench::bench {

struct JournalEntry {
  std::string key;  ///< of the resolved config, the trace and the part of it
  WorkItem item;
  result::SweepPoint point;
  std::string sweep = {};  ///< fingerprint of the sweep that `item` is of
  bool operator==(const JournalEntry&) const = default;
};

/// One line, without its end.
[[nodiscard]] std::string to_line(const JournalEntry& entry);
/// `place` is for messages.
[[nodiscard]] JournalEntry entry_from_line(std::string_view line, const std::string& place);

/// The whole lines of a journal in their order; nothing when there is no such file.
[[nodiscard]] std::vector<JournalEntry> read_journal(const std::string& path);

class Journal {
 public:
  /// Opens or makes `path`, and reads what is there.
  explicit Journal(const std::string& path);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// The latest of that key as the journal was opened; null when there was none. It stays where it is.
  [[nodiscard]] const JournalEntry* find(const std::string& key) const;
  [[nodiscard]] std::size_t found() const { return entries_.size(); }
  /// Returns once the line is on the device.
  void append(const JournalEntry& entry) CACHEBENCH_EXCLUDES(mutex_);

 private:
  const std::string path_;
  std::map<std::string, JournalEntry> entries_;  ///< as opened
  Mutex mutex_;
  FileDescriptor file_;
};

}  // namespace cachebench::bench
