// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/file.h"

namespace cachebench::tier {

/// The folder of one store and the lock that keeps a second process out. Creates the folder (not its parents)
/// where it is missing; an empty name asks for a fresh one below TMPDIR or /tmp, which is always temporary.
/// Removes at destruction, where asked to, what it created itself and nothing else. Constructor throws
/// Error{kEnvironment} when the folder cannot be made or written, or is in use. Thread-compatible.
class StoreDirectory {
 public:
  enum class AtEnd : bool { kKeep, kRemove };

  StoreDirectory(const std::string& path, AtEnd at_end);
  ~StoreDirectory();
  StoreDirectory(const StoreDirectory&) = delete;
  StoreDirectory& operator=(const StoreDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// The path of `name` inside.
  [[nodiscard]] std::string operator/(const char* name) const { return path_ + "/" + name; }
  /// The file at `path`, inside, was created by this store: it is removed at the end where that was asked
  /// for. One that was found there outlives the store whatever was asked.
  void adopt(std::string path) { adopted_.push_back(std::move(path)); }
  [[nodiscard]] bool removes(const std::string& path) const;

 private:
  void create();
  void lock();

  std::string path_;
  AtEnd at_end_;
  bool created_ = false;
  std::vector<std::string> adopted_;
  FileDescriptor lock_;
};

}  // namespace cachebench::tier
