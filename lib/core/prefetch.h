// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Asking memory ahead of its use, where the order of accesses is known before. A wish without effect on what
/// is computed. Stateless, thread-safe; any address will do.
namespace cachebench {

/// The cache line at `address`. Not the bare builtin: GCC takes a function that does nothing else for one
/// without effects and drops the calls of it, so that nothing is asked at all; the empty statement keeps
/// them.
inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  asm volatile("");
}

}  // namespace cachebench
