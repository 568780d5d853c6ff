// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

/// Large arrays that are read at random: fewer, larger pages spare misses of the address translation and
/// faults at first touch. A wish to the kernel and nothing more: without effect on what is computed, and no
/// error where it is not granted. Stateless, thread-safe.
namespace cachebench {

/// Asks for huge pages in the part of this memory that is aligned for them. Best before it is written.
void prefer_huge_pages(void* memory, std::size_t bytes);

/// A vector's reserve, in huge pages where it is large enough for some.
template <typename T>
void reserve_huge(std::vector<T>& vector, std::size_t count) {
  if (count <= vector.capacity()) return;
  vector.reserve(count);
  prefer_huge_pages(vector.data(), vector.capacity() * sizeof(T));
}

/// As many elements as `count`, all as made. REQUIRES: the vector is empty.
template <typename T>
void resize_huge(std::vector<T>& vector, std::size_t count) {
  reserve_huge(vector, count);
  vector.resize(count);
}

}  // namespace cachebench
