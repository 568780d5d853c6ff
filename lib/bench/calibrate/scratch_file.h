// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/file.h"
#include "core/units.h"

/// A file of its own to read and write on the medium that is measured, gone when the object is: it has no
/// name, so that no way of ending leaves it behind (where the file system has no such files, its name is
/// removed as soon as it is open). Opened past the page cache where the file system takes that. Constructor
/// throws Error{kEnvironment} in one line that names the folder: missing, not writable, or without room.
/// Thread-compatible.
namespace cachebench::bench {

class ScratchFile {
 public:
  ScratchFile(const std::string& folder, Bytes size);
  [[nodiscard]] int fd() const { return file_.get(); }
  [[nodiscard]] Bytes size() const { return size_; }
  [[nodiscard]] bool is_direct() const { return direct_; }
  /// "tmpfs", "ext4", …
  [[nodiscard]] const std::string& filesystem() const { return filesystem_; }

 private:
  FileDescriptor file_;
  Bytes size_;
  bool direct_ = false;
  std::string filesystem_;
};

/// The folder for it: `named`, else the cache folder of this user. Made where it is missing.
[[nodiscard]] std::string scratch_folder(const std::string& named);

}  // namespace cachebench::bench
