// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/registry.h"
#include "core/rng.h"
#include "trace/request.h"
#include "trace/synthetic/image_source.h"
#include "trace/synthetic/spec_object.h"

/// Session models: what the requests of one user have in common. A kind is one self-registering file in
/// trace/generator/. Kinds are immutable, hence thread-safe; a session is one thread's. Errors: Error{kUsage}
/// for keys of the spec, nothing afterwards.
namespace cachebench::trace {

/// What a session has at hand when one of its requests is due.
struct Turn {
  Rng& rng;
  ContentMint& mint;  ///< of the client: what sessions share is named content
  const Lengths& lengths;
  ImageSource& images;
  std::uint32_t number = 1;  ///< from 1
};

class Session {
 public:
  virtual ~Session() = default;
  /// Fills inputs and output tokens of the next request.
  virtual void next(Turn& turn, Request& out) = 0;
};

class SessionKind {
 public:
  virtual ~SessionKind() = default;
  [[nodiscard]] virtual std::unique_ptr<Session> start(Turn& turn) const = 0;
};

struct SessionDescriptor {
  std::string name;
  std::string summary;
  /// Reads the kind's own keys; the caller has read "kind" and calls `finish`.
  std::function<std::unique_ptr<SessionKind>(SpecObject&)> parse;
};

using SessionRegistry = Registry<SessionDescriptor>;

/// Throws Error{kUsage} for an unknown kind or key, naming the nearest.
[[nodiscard]] std::unique_ptr<SessionKind> make_session_kind(const std::string& kind, SpecObject& object);

/// Groups of named content within a client's mint, one for each use.
enum ContentGroup : std::uint64_t {
  kSystemPrompt = 1,
  kDocumentText = 2,
  kSharedImageBase = 1000,
  kDocumentPage = 1ULL << 40,
  kResemblingPicture = 1ULL << 48,
  kResemblingText = 1ULL << 56
};

}  // namespace cachebench::trace
