// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "trace/request.h"
#include "trace/synthetic/spec.h"
#include "trace/writer.h"

/// Makes the requests a spec describes, in order of arrival, one at a time. The same on every machine. One
/// thread. Needs memory for open sessions alone.
namespace cachebench::trace {

class Generator {
 public:
  explicit Generator(GeneratorSpec spec);
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;
  [[nodiscard]] Header header() const;
  /// False at the end.
  bool next(Request& out);

 private:
  struct Client;
  struct State;
  std::unique_ptr<State> state_;
};

/// All of it into a writer of requests, which is not yet finished; returns how many.
std::uint64_t generate(const GeneratorSpec& spec, Writer& out);

}  // namespace cachebench::trace
