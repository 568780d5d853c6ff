// SPDX-License-Identifier: Apache-2.0
#include "policy/admission.h"

#include "policy/resolve.h"

namespace cachebench::policy {

std::unique_ptr<AdmissionPolicy> make_admission(const NamedParameters& spec, Bytes capacity) {
  const auto resolved = resolve<AdmissionDescriptor>(spec, "admission policy");
  return resolved.descriptor.make(capacity, resolved.parameters);
}

}  // namespace cachebench::policy
