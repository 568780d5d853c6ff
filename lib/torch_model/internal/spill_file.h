// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "core/sync.h"
#include "torch_model/internal/layers.h"

/// Weights that are in no file of their own, such as random ones, on the SSD: each is made once, written to a
/// nameless file, and read from there whenever it is asked for again. The file is gone when this is.
/// Thread-safe. Throws Error{kEnvironment} naming the folder when the file cannot be made, written or read.
namespace cachebench::torch_model {

class SpillFile {
 public:
  /// `folder` "": the system's for temporary files.
  SpillFile(WeightSource made_by, const std::string& folder);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  /// Memory of its own. REQUIRES: the same shape each time, no quantised tensors.
  [[nodiscard]] at::Tensor get(const std::string& name, std::initializer_list<std::int64_t> shape)
      CACHEBENCH_EXCLUDES(mutex_);

 private:
  struct Place {
    std::uint64_t offset = 0;
    at::ScalarType type = at::kFloat;
  };
  void write(const at::Tensor& weight, std::uint64_t offset) const;
  void read(at::Tensor& weight, std::uint64_t offset) const;

  const WeightSource made_by_;
  const std::string folder_;
  int file_ = -1;
  Mutex mutex_;
  std::map<std::string, Place> places_ CACHEBENCH_GUARDED_BY(mutex_);
  std::uint64_t end_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
};

/// The weights of `made_by`, by way of such a file.
[[nodiscard]] WeightSource spilled(WeightSource made_by, const std::string& folder);

}  // namespace cachebench::torch_model
