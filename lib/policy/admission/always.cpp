// SPDX-License-Identifier: Apache-2.0
#include "policy/admission.h"

namespace cachebench::policy {
namespace {

/// Admits everything. Stateless.
class AlwaysAdmit final : public AdmissionPolicy {
 public:
  void on_access(EntryId, const AccessInfo&) override {}
  bool admit(const AdmissionQuery&) override { return true; }
};

CACHEBENCH_REGISTER(AdmissionDescriptor,
                    {.name = "always",
                     .summary = "admits everything",
                     .source = "",
                     .stateless = true,
                     .parameters = {},
                     .make = [](Bytes, const Parameters&) { return std::make_unique<AlwaysAdmit>(); }});

}  // namespace
}  // namespace cachebench::policy
