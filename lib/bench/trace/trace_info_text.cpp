// SPDX-License-Identifier: Apache-2.0
// How a TraceInfo is shown: as JSON, and as lines for people.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/trace/trace_info.h"

namespace cachebench::bench {
namespace {

using nlohmann::ordered_json;

template <typename Value>
ordered_json or_null(const std::optional<Value>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

std::optional<double> share_of(const std::optional<std::uint64_t>& part,
                               const std::optional<std::uint64_t>& all) {
  if (!part || all.value_or(0) == 0) return std::nullopt;
  return static_cast<double>(*part) / static_cast<double>(*all);
}

std::optional<double> share_repeated(const std::optional<std::uint64_t>& distinct,
                                     const std::optional<std::uint64_t>& all) {
  if (!distinct || !all) return std::nullopt;
  return share_of(*all - *distinct, all);
}

ordered_json reuse_of(const TraceInfo& info) {
  ordered_json out = ordered_json::object();
  out["accesses_ratio"] = or_null(max_hit_ratio(info));
  out["bytes_ratio"] = or_null(share_repeated(info.bytes_distinct, info.bytes_requested));
  out["objects_ratio"] = or_null(share_of(info.reused, info.distinct));
  out["images_ratio"] = or_null(share_repeated(info.distinct_images, info.images));
  out["blocks_ratio"] = or_null(share_repeated(info.distinct_blocks, info.blocks));
  return out;
}

ordered_json working_sets_of(const TraceInfo& info) {
  ordered_json sets = ordered_json::array();
  for (const WorkingSet& set : info.working_sets) {
    sets.push_back({{"accesses", set.accesses},
                    {"mean_objects", set.mean_objects},
                    {"max_objects", set.max_objects},
                    {"mean_bytes", set.mean_bytes},
                    {"max_bytes", set.max_bytes}});
  }
  return sets;
}

std::string count_of(const std::optional<std::uint64_t>& value) {
  return value ? fmt::format("{}", *value) : std::string("–");
}

std::string ratio_of(const std::optional<double>& value) {
  return value ? fmt::format("{:.1f}%", *value * 100) : std::string("–");
}

std::string duration_of(std::uint64_t ns) {
  return format_duration(Nanoseconds(static_cast<std::int64_t>(ns)));
}

void put(std::string& text, const char* label, const std::string& value) {
  text += fmt::format("  {:<17}{}\n", label, value);
}

void put_reuse(const TraceInfo& info, std::string& text) {
  put(text, "repeated",
      fmt::format("{} of the accesses, {} of the bytes; {} of the distinct objects come again",
                  ratio_of(max_hit_ratio(info)),
                  ratio_of(share_repeated(info.bytes_distinct, info.bytes_requested)),
                  ratio_of(share_of(info.reused, info.distinct))));
  put(text, "ceiling",
      fmt::format("an endless cache would hit {} of the accesses", ratio_of(max_hit_ratio(info))));
  if (info.reuse_distance) {
    put(text, "reuse distance",
        fmt::format("{} / {} / {} objects (50th, 90th, 99th percentile; LRU stack)", info.reuse_distance->p50,
                    info.reuse_distance->p90, info.reuse_distance->p99));
  }
  for (const WorkingSet& set : info.working_sets) {
    put(text, "working set",
        fmt::format("{:.0f} objects, {} in {} accesses on average; at most {} and {}", set.mean_objects,
                    format_bytes(Bytes{static_cast<std::uint64_t>(set.mean_bytes)}), set.accesses,
                    set.max_objects, format_bytes(Bytes{set.max_bytes})));
  }
}

}  // namespace

ordered_json to_json(const TraceInfo& info) {
  ordered_json out{{"path", info.path}, {"name", info.name}, {"format", info.format}};
  out["lowering"] = model::name_of(info.lowering);
  out["geometry"] = info.geometry.empty() ? ordered_json() : ordered_json(info.geometry);
  out["lengths_only"] = info.lengths_only;
  out["requests"] = info.requests;
  out["skipped"] = info.skipped;
  out["accesses"] = info.accesses;
  out["distinct"] = info.distinct;
  out["blocks"] = or_null(info.blocks);
  out["distinct_blocks"] = or_null(info.distinct_blocks);
  out["sessions"] = or_null(info.sessions);
  out["images"] = or_null(info.images);
  out["distinct_images"] = or_null(info.distinct_images);
  out["input_tokens"] = or_null(info.input_tokens);
  out["output_tokens"] = or_null(info.output_tokens);
  out["bytes_requested"] = info.bytes_requested;
  out["bytes_distinct"] = info.bytes_distinct;
  out["duration_ns"] = info.requests == 0 ? ordered_json() : ordered_json(info.duration.count());
  out["inter_arrival"] = nullptr;
  if (info.inter_arrival) {
    const InterArrival& gaps = *info.inter_arrival;
    out["inter_arrival"] = {{"mean_ns", gaps.mean_ns},
                            {"cv", gaps.cv},
                            {"p50_ns", gaps.ns.p50},
                            {"p90_ns", gaps.ns.p90},
                            {"p99_ns", gaps.ns.p99}};
  }
  out["reuse"] = reuse_of(info);
  out["reuse_distance"] = {{"p50", nullptr}, {"p90", nullptr}, {"p99", nullptr}};
  if (info.reuse_distance) {
    const Percentiles& distance = *info.reuse_distance;
    out["reuse_distance"] = {{"p50", distance.p50}, {"p90", distance.p90}, {"p99", distance.p99}};
  }
  out["working_sets"] = working_sets_of(info);
  out["max_hit_ratio"] = or_null(max_hit_ratio(info));
  return out;
}

std::string to_text(const TraceInfo& info) {
  std::string text = fmt::format("{}\n", info.path);
  put(text, "format", info.format + (info.name.empty() ? "" : ", \"" + info.name + "\""));
  if (info.skipped > 0) put(text, "skipped", fmt::format("{} malformed records", info.skipped));
  put(text, "requests", fmt::format("{} over {}", info.requests, format_duration(info.duration)));
  if (info.inter_arrival) {
    const InterArrival& gaps = *info.inter_arrival;
    put(text, "inter-arrival",
        fmt::format("{} / {} / {} (50th, 90th, 99th percentile), mean {}, CV {:.2f}",
                    duration_of(gaps.ns.p50), duration_of(gaps.ns.p90), duration_of(gaps.ns.p99),
                    duration_of(static_cast<std::uint64_t>(gaps.mean_ns)), gaps.cv));
  }
  if (info.sessions) put(text, "sessions", count_of(info.sessions));
  if (info.images) {
    put(text, "images",
        fmt::format("{}, {} distinct", count_of(info.images), count_of(info.distinct_images)));
  }
  if (info.input_tokens || info.output_tokens) {
    put(text, "tokens",
        fmt::format("{} in, {} out", count_of(info.input_tokens), count_of(info.output_tokens)));
  }
  if (info.blocks) {
    put(text, "prefix blocks", fmt::format("{}, {} distinct", *info.blocks, count_of(info.distinct_blocks)));
  }
  const std::string how =
      info.lowering == model::Lowering::kObjects
          ? std::string("plain objects")
          : fmt::format("lowering {}, geometry {}", model::name_of(info.lowering), info.geometry);
  put(text, "accesses", fmt::format("{} to {} distinct objects ({})", info.accesses, info.distinct, how));
  put(text, "bytes",
      fmt::format("{} requested, {} distinct", format_bytes(Bytes{info.bytes_requested}),
                  format_bytes(Bytes{info.bytes_distinct})));
  if (info.lengths_only) {
    put(text, "reuse", "lengths only: nothing can repeat");
  } else {
    put_reuse(info, text);
  }
  return text;
}

}  // namespace cachebench::bench
