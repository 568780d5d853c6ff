// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/units.h"
#include "hardware/topology.h"

/// What NVIDIA's own driver says of the cards of this machine, where it is installed: opened at run time,
/// never needed. Reads only; no context is made on any card.
namespace cachebench::hardware {

struct CudaFacts {
  std::string bus_id;  ///< "0000:01:00.0"
  std::string name;
  std::string compute_capability;
  std::optional<Bytes> memory;
  std::optional<int> multiprocessors;
  std::optional<int> copy_engines;
};

/// A list, or why it is empty.
struct CudaAnswer {
  std::vector<CudaFacts> cards;
  std::string reason;       ///< "" where there are cards
  bool has_driver = false;  ///< the library is there, whether it serves or not
};

/// Asks the driver in `library`; "": where NVIDIA puts it.
[[nodiscard]] CudaAnswer ask_cuda(const std::string& library = "");

/// Completes the cards by bus id; one that was not seen on the bus is added. CUDA's word wins.
void merge_cuda(const std::vector<CudaFacts>& cards, std::vector<Gpu>& gpus);

}  // namespace cachebench::hardware
