// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/units.h"
#include "ingest/content_reader.h"

/// A log of chat requests in the OpenAI shapes (JSON Lines) to a native trace: identities, sizes, lengths and
/// times, no content. Reads the file twice, line by line: first for the responses and the ratio of bytes to
/// tokens, then for the requests. Memory: the longest line, some bytes a response, what sessions remember,
/// and a window of requests that puts them in order of time. One thread. Errors: Error{kInput} "FILE:LINE:
/// reason" beyond the malformed lines tolerated, Error{kEnvironment} where the output cannot be written; the
/// trace appears only once it is whole. docs/traces.md has the rules.
namespace cachebench::ingest {

struct ImportRequest {
  std::string in{};
  std::string out{};                        ///< a name ending in .zst is compressed
  std::string responses{};                  ///< second file with the responses, "" = none
  std::string content{};                    ///< folder of files that the log names
  std::string keep_content{};               ///< folder to keep contents in, "" = nothing is kept
  std::string geometry = "2b";              ///< model that counts visual tokens
  bool codes = true;                        ///< SimHash and pHash
  std::optional<double> bytes_per_token{};  ///< absent: from attached counts, else kDefaultBytesPerToken
  Nanoseconds interval{1'000'000'000};      ///< between requests of a log without times
  std::uint64_t skip_bad = 0;
  std::uint64_t limit = UINT64_MAX;  ///< requests
};

inline constexpr double kDefaultBytesPerToken = 4.0;

struct ImportSummary {
  std::uint64_t requests = 0;
  std::uint64_t sessions = 0;
  std::uint64_t responses = 0;   ///< lines that are one
  std::uint64_t with_usage = 0;  ///< requests whose lengths the server attached
  std::uint64_t skipped = 0;     ///< malformed lines
  std::uint64_t moved = 0;       ///< requests too far out of order, moved to a later time
  double bytes_per_token = kDefaultBytesPerToken;
  bool calibrated = false;  ///< the ratio comes from attached counts
  bool timed = false;       ///< the log has times
  ContentCounts content;
};

[[nodiscard]] ImportSummary import_openai_chat(const ImportRequest& request);

}  // namespace cachebench::ingest
