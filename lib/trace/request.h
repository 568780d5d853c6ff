// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/hamming.h"
#include "core/ids.h"
#include "core/units.h"

/// What a recorded workload consists of. A trace holds either requests of a multimodal service or plain
/// object accesses; values only, no I/O.
namespace cachebench::trace {

enum class InputKind : std::uint8_t { kText, kImage, kAudio, kVideo };
[[nodiscard]] const char* name_of(InputKind kind);

/// One part of a prompt. Absent facts are empty, never 0.
struct Input {
  InputKind kind = InputKind::kText;
  /// Content identity: XXH3-128 of the hash text of the trace. Absent: content that never repeats.
  std::optional<Key> content;
  std::string hash;                     ///< the hash text as recorded, "" when absent
  std::optional<std::uint64_t> tokens;  ///< text
  std::optional<std::uint32_t> width;   ///< image, pixels before resizing
  std::optional<std::uint32_t> height;
  std::optional<std::uint64_t> bytes;   ///< of the encoded file
  std::optional<double> seconds;        ///< audio
  std::optional<std::uint64_t> frames;  ///< video
  std::optional<std::uint64_t> simhash;
  std::optional<std::uint64_t> phash;
  std::optional<FineCode> phash_fine;  ///< for a second look at what phash finds
  std::string copy_of;  ///< hash text of the content whose other encoding this is, "" where none is known
  bool operator==(const Input&) const = default;
};

/// The content's own identity, or that of what it is a copy of: equal for contents that an answer by
/// similarity may be given for rightly. Absent: content that never repeats.
[[nodiscard]] std::optional<Key> meaning_of(const Input& input);

/// Reference to one block of the token prefix.
struct BlockRef {
  Key key;                   ///< chained: names the block and everything before it
  std::uint32_t tokens = 0;  ///< tokens the block holds; only the last may be partial
  bool operator==(const BlockRef&) const = default;
};

struct Request {
  std::uint64_t sequence = 0;  ///< position in the file, from 0
  Nanoseconds arrival{0};      ///< since the start of the trace
  std::uint64_t id = 0;
  std::optional<std::uint64_t> session;  ///< absent: a session of its own
  std::optional<std::uint32_t> turn;
  std::optional<std::uint64_t> input_tokens;  ///< as recorded, where the format says so
  std::optional<std::uint64_t> output_tokens;
  std::vector<Input> inputs;
  /// Given by the trace; empty with `has_blocks` false means: derive them from the inputs.
  std::vector<BlockRef> prefix_blocks;
  bool has_blocks = false;
  std::optional<std::uint64_t> image_count;  ///< formats that give a number of images and nothing about them
  bool operator==(const Request&) const = default;
};

/// One plain access.
struct ObjectAccess {
  double time_s = 0;  ///< as recorded, seconds
  std::uint64_t key = 0;
  std::uint64_t size = 0;  ///< bytes
  std::int64_t next = -1;  ///< record number of the next access to the same key, counted from 1; -1 none
  ArtefactKind kind = ArtefactKind::kObject;
  bool operator==(const ObjectAccess&) const = default;
};

/// Facts of the header of a trace.
struct Header {
  std::string format;  ///< registry name of the reader
  std::string name;
  std::string source;
  std::string license;
  std::string notes;
  std::uint32_t block_tokens = 16;
  bool lengths_only = false;  ///< no identities at all: nothing can repeat
  bool blocks_only = false;   ///< only block ids are known: lowers to K/V blocks alone
  bool copies_known = true;   ///< content without copy_of is content of its own; else nobody knows
  bool operator==(const Header&) const = default;
};

}  // namespace cachebench::trace
