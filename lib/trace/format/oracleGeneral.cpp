// SPDX-License-Identifier: Apache-2.0
// libCacheSim's binary: packed little-endian records of 24 bytes: u32 time, u64 id, u32 size, i64 next access
// (number of the record, counted from 1; -1 for none).
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/check.h"
#include "core/error.h"
#include "core/prefetch.h"
#include "trace/format.h"
#include "trace/next_access.h"
#include "trace/output.h"

namespace cachebench::trace {
namespace {

static_assert(std::endian::native == std::endian::little, "records are read as they lie");

constexpr std::size_t kRecord = 24;
// Bytes asked from memory ahead of decoding: what the processor fetches by itself ends with each page.
constexpr std::size_t kAhead = 2048;

template <typename Word>
Word word_at(const char* record, std::size_t offset) {
  Word word;
  std::memcpy(&word, record + offset, sizeof word);
  return word;
}

struct Raw {
  std::uint32_t time;
  std::uint64_t id;
  std::uint32_t size;
  std::int64_t next;
};

Raw raw_at(const char* record) {
  return {.time = word_at<std::uint32_t>(record, 0),
          .id = word_at<std::uint64_t>(record, 4),
          .size = word_at<std::uint32_t>(record, 12),
          .next = word_at<std::int64_t>(record, 16)};
}

class OracleReader final : public Reader {
 public:
  explicit OracleReader(OpenSource open)
      : source_(std::move(open.source)), options_(std::move(open.options)) {
    header_.format = "oracleGeneral";
    // Told at once where the size is known, not after an hour of simulation.
    const std::uint64_t size = source_->size().value_or(0);
    if (size % kRecord != 0 && options_.skip_bad == 0 && size / kRecord < options_.limit) {
      fail(size / kRecord + 1, cut_short(size % kRecord));
    }
  }
  [[nodiscard]] const Header& header() const override { return header_; }
  [[nodiscard]] TraceClass trace_class() const override { return TraceClass::kObjects; }
  bool next(Request& /*out*/) override {
    CACHEBENCH_CHECK(false, "{} is a trace of objects", source_->path());
    return false;
  }
  [[nodiscard]] std::string where() const override { return source_->path(); }
  [[nodiscard]] std::uint64_t skipped() const override { return skipped_; }

  std::size_t next(std::span<ObjectAccess> out) override { return read(out); }
  std::size_t next_keys(std::span<KeyedSize> out) override { return read(out); }

 private:
  template <typename Access>
  std::size_t read(std::span<Access> out) {
    std::size_t count = 0;
    while (count < out.size() && accepted_ < options_.limit) {
      if (source_->window().size() < kRecord && !refill()) break;
      const std::size_t wanted = std::min<std::uint64_t>(out.size() - count, options_.limit - accepted_);
      count += decode(out.subspan(count, std::min(wanted, source_->window().size() / kRecord)));
    }
    return count;
  }

  static void store(const Raw& raw, ObjectAccess& out) {
    out = {.time_s = static_cast<double>(raw.time),
           .key = raw.id,
           .size = raw.size,
           .next = raw.next == INT64_MAX ? -1 : raw.next};
  }
  static void store(const Raw& raw, KeyedSize& out) { out = {.key = raw.id, .size = raw.size}; }

  // Decodes up to out.size() records that are in the window; stops behind the first bad one.
  template <typename Access>
  std::size_t decode(std::span<Access> out) {
    const char* record = source_->window().data();
    std::uint32_t last = last_time_;
    std::size_t count = 0;
    bool bad = false;
    for (Access& access : out) {
      prefetch_line(record + kAhead);
      const Raw raw = raw_at(record);
      bad = (raw.time < last) | (raw.size == 0) | (raw.next < -1);
      if (bad) [[unlikely]]
        break;
      last = raw.time;
      store(raw, access);
      record += kRecord;
      ++count;
    }
    last_time_ = last;
    accepted_ += count;
    if (bad) reject(raw_at(record));
    source_->consume((count + (bad ? 1 : 0)) * kRecord);
    return count;
  }

  // False at the end of the file.
  bool refill() {
    while (source_->window().size() < kRecord) {
      if (source_->grow()) continue;
      const std::size_t left = source_->window().size();
      if (left != 0) {
        if (skipped_ >= options_.skip_bad) fail(accepted_ + skipped_ + 1, cut_short(left));
        ++skipped_;
        source_->consume(left);
      }
      return false;
    }
    return true;
  }

  void reject(const Raw& raw) {
    if (skipped_ >= options_.skip_bad) {
      std::string reason = raw.size == 0 ? "size is 0" : fmt::format("next access {} is negative", raw.next);
      if (raw.time < last_time_) reason = fmt::format("out of order: time {} after {}", raw.time, last_time_);
      fail(accepted_ + skipped_ + 1, reason);
    }
    ++skipped_;
  }
  [[noreturn]] void fail(std::uint64_t record, const std::string& reason) const {
    throw Error(ErrorKind::kInput, fmt::format("{}:{}: {}", source_->path(), record, reason));
  }
  static std::string cut_short(std::uint64_t bytes) {
    return fmt::format("truncated: the last record has {} of {} bytes", bytes, kRecord);
  }

  std::unique_ptr<ByteSource> source_;
  ReadOptions options_;
  Header header_;
  std::uint64_t accepted_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint32_t last_time_ = 0;
};

class OracleWriter final : public Writer {
 public:
  explicit OracleWriter(const std::string& path) : path_(path), output_(path) {}
  [[nodiscard]] TraceClass trace_class() const override { return TraceClass::kObjects; }
  void write(const Request& /*request*/) override {
    CACHEBENCH_CHECK(false, "the oracleGeneral format holds objects");
  }

  // Records wait in memory, 24 bytes each, as their last field is known only at the end.
  void write(std::span<const ObjectAccess> accesses) override {
    for (const ObjectAccess& access : accesses) {
      if (access.time_s >= 4294967296.0 || access.size > UINT32_MAX) {
        throw Error(
            ErrorKind::kInput,
            fmt::format("{}: record {}: time {} s or size {} is more than oracleGeneral's 32 bits hold",
                        path_, ids_.size() + 1, access.time_s, access.size));
      }
      ids_.push_back(access.key);
      times_sizes_.push_back(static_cast<std::uint64_t>(access.time_s) << 32 | access.size);
    }
  }

  void finish() override {
    const std::vector<std::int64_t> next = next_accesses(ids_);
    char record[kRecord];
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const auto time = static_cast<std::uint32_t>(times_sizes_[i] >> 32);
      const auto size = static_cast<std::uint32_t>(times_sizes_[i]);
      std::memcpy(record, &time, sizeof time);
      std::memcpy(record + 4, &ids_[i], sizeof ids_[i]);
      std::memcpy(record + 12, &size, sizeof size);
      std::memcpy(record + 16, &next[i], sizeof next[i]);
      output_.write({record, kRecord});
    }
    output_.finish();
  }

 private:
  std::string path_;
  TraceOutput output_;
  std::vector<std::uint64_t> ids_;
  std::vector<std::uint64_t> times_sizes_;  ///< time in the upper half
};

bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](unsigned char c) { return c >= ' ' || (c >= '\t' && c <= '\r'); });
}

// Binary has no magic: the first records must look like records, and not like text.
int detect(const Probe& probe) {
  constexpr std::size_t kLooked = 64;
  const std::size_t records = std::min(probe.head.size() / kRecord, kLooked);
  bool plausible = records > 0 && !is_text(probe.head.substr(0, records * kRecord));
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < records && plausible; ++i) {
    const Raw raw = raw_at(probe.head.data() + i * kRecord);
    const auto number = static_cast<std::int64_t>(i) + 1;
    plausible = raw.time >= last && raw.size > 0 && (raw.next == -1 || raw.next > number);
    last = raw.time;
  }
  const bool named = probe.name.find("oracleGeneral") != std::string_view::npos;
  if (plausible) return named ? 95 : 80;
  return named ? 30 : probe.name.ends_with(".bin") ? 5 : 0;
}

CACHEBENCH_REGISTER(FormatDescriptor,
                    {.name = "oracleGeneral",
                     .summary = "binary records of 24 bytes with the next access (libCacheSim)",
                     .trace_class = TraceClass::kObjects,
                     .detect = detect,
                     .open = [](OpenSource open) { return std::make_unique<OracleReader>(std::move(open)); },
                     .create = [](const std::string& path,
                                  const Header&) { return std::make_unique<OracleWriter>(path); }});

}  // namespace
}  // namespace cachebench::trace
