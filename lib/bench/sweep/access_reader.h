// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/sweep/interner.h"
#include "core/ids.h"
#include "model/lowering.h"
#include "policy/accesses/access_stream.h"
#include "trace/reader.h"

/// Reads a trace as a stream of plain accesses: keys interned to dense numbers, requests lowered. Holds a
/// block and the numbers of the keys, never the trace. One thread. Errors: Error{kInput} for whatever is
/// wrong with the file, Error{kUsage} for a lowering that does not go with the kind of trace, told when it is
/// opened.
namespace cachebench::bench {

/// Whether objects count their bytes or one each.
enum class SizeCounting : std::uint8_t { kBytes, kUnit };

struct LoadRequest {
  std::string path;
  std::string format = {};           ///< "" = detect
  std::uint64_t limit = UINT64_MAX;  ///< records to read
  std::uint64_t skip_bad = 0;        ///< malformed records tolerated
  SizeCounting counting = SizeCounting::kBytes;
  std::optional<model::Lowering> lowering = {};  ///< absent: graph for requests, objects for object traces
  std::string geometry = "2b";                   ///< sizes of what requests lower to
};

/// What is known of the accesses read so far.
struct AccessTotals {
  std::uint64_t records = 0;  ///< requests or plain accesses
  std::uint64_t accesses = 0;
  std::uint64_t objects = 0;
  std::uint64_t bytes_requested = 0;  ///< one an access where objects count one each
  std::uint64_t bytes_distinct = 0;   ///< every object once, at the size of its first access
};

class AccessReader final : public policy::AccessStream {
 public:
  explicit AccessReader(LoadRequest request);
  ~AccessReader() override;
  bool next(policy::AccessBlock& block) override;
  [[nodiscard]] bool has_sizes() const override { return request_.counting == SizeCounting::kBytes; }

  /// Of the trace's header, or else the file's name.
  [[nodiscard]] const std::string& trace_name() const { return trace_name_; }
  /// Registry name of the reader.
  [[nodiscard]] const std::string& format() const { return reader_->header().format; }
  [[nodiscard]] model::Lowering lowering() const { return lowering_; }
  [[nodiscard]] const AccessTotals& totals() const { return totals_; }
  /// Malformed records so far.
  [[nodiscard]] std::uint64_t skipped() const { return reader_->skipped(); }

 private:
  struct Requests;  // what lowering needs

  void read_objects();
  void fetch_batch();
  void read_requests();
  void add(std::uint32_t id, std::uint64_t size);
  template <typename KeyType>
  void make_room(Interner<KeyType>& interner, std::size_t count) const;

  LoadRequest request_;
  std::unique_ptr<trace::Reader> reader_;
  std::string trace_name_;
  model::Lowering lowering_ = model::Lowering::kObjects;
  Interner<std::uint64_t> objects_;
  std::unique_ptr<Requests> requests_;  // null for a trace of objects
  std::vector<trace::KeyedSize> batch_;
  std::vector<trace::KeyedSize> ahead_;  // the batch after it
  std::size_t fetched_ = 0;              // of them
  std::vector<std::uint32_t> ids_;
  std::vector<std::uint64_t> sizes_;
  AccessTotals totals_;
};

}  // namespace cachebench::bench
