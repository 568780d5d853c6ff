// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy/admission.h"

namespace cachebench::policy {
namespace {

/// Admits entries of a range of sizes, and none larger than a share of the tier. Stateless.
class SizeThreshold final : public AdmissionPolicy {
 public:
  SizeThreshold(Bytes capacity, const Parameters& p)
      : least_(p.get("min_bytes")),
        most_(std::min(p.get("max_bytes"), p.get("max_share") * static_cast<double>(capacity.value))) {}

  void on_access(EntryId, const AccessInfo&) override {}
  bool admit(const AdmissionQuery& query) override {
    const auto size = static_cast<double>(query.access.bytes.value);
    return size >= least_ && size <= most_;
  }

 private:
  double least_;
  double most_;
};

CACHEBENCH_REGISTER(AdmissionDescriptor,
                    {.name = "size-threshold",
                     .summary = "admits entries of a range of sizes",
                     .source = "",
                     .stateless = true,
                     .parameters = {{"min_bytes", 0, 0, 1e18, "bytes; smaller ones stay out"},
                                    {"max_bytes", 1e18, 0, 1e18, "bytes; larger ones stay out"},
                                    {"max_share", 0.1, 0, 1,
                                     "share of the tier's capacity; larger ones stay out"}},
                     .make = [](Bytes capacity, const Parameters& parameters) {
                       return std::make_unique<SizeThreshold>(capacity, parameters);
                     }});

}  // namespace
}  // namespace cachebench::policy
