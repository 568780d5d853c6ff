// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "core/units.h"
#include "tier/plane.h"

/// The way past host memory: a plane whose records lie in a file says where, and one that can take bytes from
/// a file does. Who brings the two together knows that nothing then looks at the record's checksum.
namespace cachebench::tier {

/// Part of an open file. For reads that bypass the page cache the file was opened with O_DIRECT; then offset
/// and chunk are multiples of its blocks, and only the last chunk may end off one, at the end of the file.
struct FilePart {
  int descriptor = -1;
  std::uint64_t offset = 0;
  Bytes bytes;
};

class FileSource {
 public:
  virtual ~FileSource() = default;
  /// Where a block's bytes lie just as they were written; nothing where they do not. Valid until release.
  [[nodiscard]] virtual std::optional<FilePart> file_part(const Block& block) const = 0;
};

class FileSink {
 public:
  virtual ~FileSink() = default;
  [[nodiscard]] virtual bool takes_files() const = 0;
  /// Returns when it is done; nothing where it could not be, and the sink takes no more files then: the bytes
  /// come another way. REQUIRES: the part is as long as the block.
  [[nodiscard]] virtual std::optional<Completion> write_file(const Block& block, const FilePart& part) = 0;
};

}  // namespace cachebench::tier
