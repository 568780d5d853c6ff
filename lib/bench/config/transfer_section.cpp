// SPDX-License-Identifier: Apache-2.0
#include "bench/config/transfer_section.h"

#include <nlohmann/json.hpp>

#include "bench/config/section_reader.h"

namespace cachebench::bench {

void read_transfer(const SectionReader& section, TransferSection& transfer) {
  section.read("chunk", transfer.chunk);
  section.read("small", transfer.small);
  section.read("batch", transfer.batch);
  section.read("streams", transfer.streams);
  section.read("alignment", transfer.alignment);
  section.read("ssd_block", transfer.ssd_block);
  section.read("ssd_depth", transfer.ssd_depth);
  section.read("staging", transfer.staging);
  section.read("threads", transfer.threads);
  section.read("processors", transfer.processors);
  section.read("gpu_direct", transfer.gpu_direct);
}

nlohmann::ordered_json to_json(const TransferSection& transfer) {
  return {{"chunk", transfer.chunk.value},
          {"small", transfer.small.value},
          {"batch", transfer.batch},
          {"streams", transfer.streams},
          {"alignment", transfer.alignment.value},
          {"ssd_block", transfer.ssd_block.value},
          {"ssd_depth", transfer.ssd_depth},
          {"staging", transfer.staging.value},
          {"threads", transfer.threads},
          {"processors", transfer.processors},
          {"gpu_direct", transfer.gpu_direct}};
}

}  // namespace cachebench::bench
