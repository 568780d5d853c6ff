// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/session.h"

#include "core/error.h"
#include "core/nearest.h"

namespace cachebench::trace {

std::unique_ptr<SessionKind> make_session_kind(const std::string& kind, SpecObject& object) {
  const SessionDescriptor* found = SessionRegistry::instance().find(kind);
  if (found == nullptr) {
    const std::vector<std::string> known = SessionRegistry::instance().names();
    object.fail("kind", unknown_name("session kind", kind, known));
  }
  std::unique_ptr<SessionKind> result = found->parse(object);
  object.finish();
  return result;
}

}  // namespace cachebench::trace
