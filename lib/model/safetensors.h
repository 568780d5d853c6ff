// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/file.h"
#include "core/tensor_view.h"

/// A safetensors file, memory mapped: tensors by name, read where they lie, nothing copied. The format is
/// eight bytes of header length, a JSON header (name → dtype, shape, data_offsets), then the data. Immutable
/// once open, hence thread-safe; views live as long as the file object. Throws Error{kInput} naming the file
/// and the tensor for anything that is not so: a header beyond the file, offsets outside it or not matching
/// the shape, overlaps, an element type this program does not know.
namespace cachebench::model {

class SafeTensors {
 public:
  explicit SafeTensors(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::map<std::string, TensorView, std::less<>>& tensors() const { return tensors_; }
  /// Null when there is none of that name.
  [[nodiscard]] const TensorView* find(std::string_view name) const;
  /// Throws Error{kInput} naming file and tensor.
  [[nodiscard]] const TensorView& at(std::string_view name) const;

 private:
  std::string path_;
  std::unique_ptr<MappedFile> file_;
  std::map<std::string, TensorView, std::less<>> tensors_;
};

}  // namespace cachebench::model
