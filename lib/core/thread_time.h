// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/units.h"

/// How long this thread had a processor. A call of the kernel each, so not for every operation. Stateless;
/// no errors.
namespace cachebench {

[[nodiscard]] Nanoseconds thread_time();

/// Since `begin`, how long this thread had none: it slept, or others had its processor. Thread-compatible.
class OffProcessor {
 public:
  void begin();
  [[nodiscard]] Nanoseconds since_begin() const;

 private:
  RealClock clock_;
  Nanoseconds begun_{0};
  Nanoseconds had_{0};
};

}  // namespace cachebench
