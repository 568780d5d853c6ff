// SPDX-License-Identifier: Apache-2.0
#include "cache/tensor_handle.h"

#include <utility>

#include "cache/hierarchical_cache_manager.h"

namespace cachebench::cache {

TensorHandle::TensorHandle(TensorHandle&& other) noexcept
    : manager_(std::exchange(other.manager_, nullptr)),
      id_(other.id_),
      asked_(other.asked_),
      served_(other.served_),
      level_(other.level_),
      joined_(other.joined_),
      counts_(other.counts_),
      prefetched_(other.prefetched_),
      waited_(other.waited_),
      epoch_(other.epoch_),
      copy_(std::move(other.copy_)) {}

TensorHandle& TensorHandle::operator=(TensorHandle&& other) noexcept {
  if (this == &other) return *this;
  release();
  manager_ = std::exchange(other.manager_, nullptr);
  id_ = other.id_;
  asked_ = other.asked_;
  served_ = other.served_;
  level_ = other.level_;
  joined_ = other.joined_;
  counts_ = other.counts_;
  prefetched_ = other.prefetched_;
  waited_ = other.waited_;
  epoch_ = other.epoch_;
  copy_ = std::move(other.copy_);
  return *this;
}

tier::Completion TensorHandle::wait() const {
  return copy_->wait();
}

tier::Completion TensorHandle::read(std::span<std::byte> out) const {
  const tier::Completion there = copy_->wait();
  if (there.status != tier::TransferStatus::kDone) return there;
  return copy_->read(out).wait();
}

std::span<const std::byte> TensorHandle::host_view() const {
  return copy_->host_view();
}

void TensorHandle::release() {
  if (manager_ == nullptr) return;
  std::exchange(manager_, nullptr)->unpin(id_);
  copy_ = nullptr;
}

}  // namespace cachebench::cache
