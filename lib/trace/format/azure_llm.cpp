// SPDX-License-Identifier: Apache-2.0
#include "trace/azure.h"

namespace cachebench::trace {
namespace {

const AzureColumns& columns() {
  static const AzureColumns result{.format = "azure-llm",
                                   .names = {"TIMESTAMP", "ContextTokens", "GeneratedTokens"}};
  return result;
}

CACHEBENCH_REGISTER(FormatDescriptor,
                    {.name = "azure-llm",
                     .summary = "CSV of times and token counts, no identities (Azure LLM inference traces)",
                     .trace_class = TraceClass::kRequests,
                     .detect = [](const Probe& probe) { return detect_azure(probe, columns()); },
                     .open = [](OpenSource open) { return open_azure(std::move(open), columns()); }});

}  // namespace
}  // namespace cachebench::trace
