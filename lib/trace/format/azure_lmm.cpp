// SPDX-License-Identifier: Apache-2.0
#include "trace/azure.h"

namespace cachebench::trace {
namespace {

const AzureColumns& columns() {
  static const AzureColumns result{.format = "azure-lmm",
                                   .names = {"TIMESTAMP", "NumImages", "ContextTokens", "GeneratedTokens"}};
  return result;
}

CACHEBENCH_REGISTER(
    FormatDescriptor,
    {.name = "azure-lmm",
     .summary = "CSV of times, image counts and token counts, no identities (Azure LMM inference traces)",
     .trace_class = TraceClass::kRequests,
     .detect = [](const Probe& probe) { return detect_azure(probe, columns()); },
     .open = [](OpenSource open) { return open_azure(std::move(open), columns()); }});

}  // namespace
}  // namespace cachebench::trace
