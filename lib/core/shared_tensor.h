// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/tensor_view.h"

/// A dense tensor together with whatever keeps its bytes alive: memory of its own, or an entry of a cache
/// that stays pinned while anyone holds this. Copies share the bytes, which nobody changes any more.
/// Thread-safe as std::shared_ptr is. `core/tensor_view.h` has the form that owns nothing.
namespace cachebench {

class SharedTensor {
 public:
  SharedTensor() = default;  ///< no tensor
  /// `data` points to meta.bytes() bytes; aliasing shared pointers tie them to a pin or a buffer.
  SharedTensor(const TensorMeta& meta, std::shared_ptr<const std::byte> data)
      : meta_(meta), data_(std::move(data)) {}
  /// Takes over a buffer. REQUIRES: its size is meta.bytes().
  SharedTensor(const TensorMeta& meta, std::vector<std::byte> bytes) : meta_(meta) {
    CACHEBENCH_CHECK(bytes.size() == meta.bytes().value);
    auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    data_ = std::shared_ptr<const std::byte>(owner, owner->data());
    present_ = true;
  }
  [[nodiscard]] static SharedTensor copy_of(const TensorView& view) {
    return {view.meta, std::vector<std::byte>(view.data.begin(), view.data.end())};
  }

  /// False for no tensor; an empty tensor is one.
  [[nodiscard]] explicit operator bool() const { return present_ || data_ != nullptr; }
  [[nodiscard]] const TensorMeta& meta() const { return meta_; }
  [[nodiscard]] Bytes bytes() const { return *this ? meta_.bytes() : Bytes{0}; }
  /// Valid while this or a copy lives. REQUIRES: a tensor.
  [[nodiscard]] TensorView view() const {
    return {.meta = meta_, .data = {data_.get(), meta_.bytes().value}};
  }

 private:
  TensorMeta meta_{};
  std::shared_ptr<const std::byte> data_;
  bool present_ = false;  // an empty buffer has no address
};

}  // namespace cachebench
