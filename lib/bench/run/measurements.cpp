// SPDX-License-Identifier: Apache-2.0
#include "bench/run/measurements.h"

namespace cachebench::bench {

void Measurements::merge(const Measurements& other) {
  for (std::size_t i = 0; i < service.size(); ++i) service[i].merge(other.service[i]);
  for (std::size_t i = 0; i < predicted_service.size(); ++i) {
    predicted_service[i].merge(other.predicted_service[i]);
    measured_service[i].merge(other.measured_service[i]);
  }
  request.merge(other.request);
  request_service.merge(other.request_service);
  lag.merge(other.lag);
  put.merge(other.put);
  first_read.merge(other.first_read);
  for (std::size_t i = 0; i < lookups.size(); ++i) lookups[i].merge(other.lookups[i]);
  for (std::size_t row = 0; row < checks.size(); ++row) {
    for (std::size_t kind = 0; kind < checks[row].size(); ++kind) {
      checks[row][kind].count += other.checks[row][kind].count;
      checks[row][kind].predicted_ns += other.checks[row][kind].predicted_ns;
      checks[row][kind].measured_ns += other.checks[row][kind].measured_ns;
    }
  }
  for (std::size_t kind = 0; kind < hashed.size(); ++kind) {
    hashed[kind].contents += other.hashed[kind].contents;
    hashed[kind].bytes += other.hashed[kind].bytes;
    hashed[kind].time_ns += other.hashed[kind].time_ns;
  }
  requests += other.requests;
  verified_bytes += other.verified_bytes;
  wrong_bytes += other.wrong_bytes;
}

}  // namespace cachebench::bench
