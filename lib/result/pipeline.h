// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "result/roofline.h"

/// What the inference pipeline of a run did: requests answered, stages kept busy, computing saved. Values
/// that own what they hold: copy freely, thread-compatible. Its latencies (first_token, per_token,
/// end_to_end, queued, encode, prefill, decode_step, vision_from_TIER) stand with the other latencies of the
/// result.
namespace cachebench::result {

/// One stage, over the measured part.
struct PipelineStage {
  std::string name;
  std::uint64_t workers = 1;
  std::uint64_t jobs = 0;          ///< batches
  std::int64_t busy_ns = 0;        ///< of its workers together
  std::int64_t idle_ns = 0;        ///< while anything ran
  double occupancy_ratio = 0;      ///< busy / (busy and idle); above 1 with helpers
  std::uint64_t helped = 0;        ///< batches on hands that other stages had idle
  std::uint64_t most_waiting = 0;  ///< batches in front of it
  std::int64_t p50_ns = 0;         ///< a batch
  std::int64_t p99_ns = 0;
  std::int64_t wait_p50_ns = 0;  ///< of a batch in front of it
  bool operator==(const PipelineStage&) const = default;
};

struct Pipeline {
  std::string runner;
  std::string processing;      ///< "async" or "serial"
  std::uint64_t requests = 0;  ///< ended
  std::uint64_t ok = 0;        ///< of them, answered
  std::uint64_t failed = 0;    ///< of them, with an error; the others were cancelled, late or turned away
  std::uint64_t output_tokens = 0;  ///< of answers
  std::uint64_t prompt_tokens = 0;
  std::uint64_t reused_tokens = 0;  ///< of prompts, by K/V blocks
  std::uint64_t within_objective = 0;
  std::int64_t objective_ns = 0;
  std::int64_t elapsed_ns = 0;
  std::uint64_t images = 0;  ///< places of images in prompts
  std::uint64_t images_encoded = 0;
  std::uint64_t encoder_calls_saved = 0;
  std::uint64_t encoder_passes = 0;
  std::uint64_t real_tokens = 0;    ///< prefilled
  std::uint64_t padded_tokens = 0;  ///< and with the padding of their batches
  std::uint64_t batches = 0;
  std::uint64_t computed_twice = 0;  ///< artefacts that two batches computed at the same time
  std::uint64_t zero_copy = 0;       ///< artefacts read where the cache holds them
  std::uint64_t copied_out = 0;      ///< and those copied out of a tier
  std::uint64_t uploads = 0;
  std::uint64_t uploaded_bytes = 0;
  std::uint64_t staged_bytes = 0;  ///< of them, through page-locked memory
  std::uint64_t decode_steps = 0;
  std::uint64_t decoded_tokens = 0;        ///< by those steps
  std::uint64_t joined = 0;                ///< requests that joined a batch that was decoding
  std::uint64_t kv_parked = 0;             ///< times that a sequence made room
  std::uint64_t kv_parked_bytes = 0;       ///< of them, taken by the tiers
  std::uint64_t kv_returned_bytes = 0;     ///< and read back
  std::uint64_t weights_budget_bytes = 0;  ///< 0: all weights stay in memory
  std::uint64_t component_hits = 0;        ///< uses of a component of the model that was in memory
  std::uint64_t component_loads = 0;       ///< and of one that had to be read
  std::uint64_t component_evictions = 0;
  std::uint64_t component_loaded_bytes = 0;
  std::uint64_t component_peak_bytes = 0;  ///< in memory at a time, at most
  std::int64_t upload_waits_ns = 0;        ///< that the computing stage waited for them
  std::int64_t active_ns = 0;              ///< while any stage ran
  std::int64_t overlapped_ns = 0;          ///< while two or more did
  std::int64_t slowest_stage_ns = 0;
  std::string answers_hash;           ///< of all answers by request: equal where nothing but speed changed
  std::vector<std::string> failures;  ///< why requests failed: the first few, "FILE:LINE: reason"
  std::vector<PipelineStage> stages;
  std::optional<Roofline> roofline;

  [[nodiscard]] std::optional<double> requests_per_second() const;
  [[nodiscard]] std::optional<double> tokens_per_second() const;
  /// Answered within the objective, a second.
  [[nodiscard]] std::optional<double> goodput_per_second() const;
  [[nodiscard]] std::optional<double> padding_waste_ratio() const;
  /// Requests in a step of decoding.
  [[nodiscard]] std::optional<double> mean_decode_batch() const;
  [[nodiscard]] std::optional<double> overlap_ratio() const;
  /// Of the throughput that the slowest stage alone would have.
  [[nodiscard]] std::optional<double> efficiency_ratio() const;
  bool operator==(const Pipeline&) const = default;
};

/// The plain counts by their key in the document, in its order.
inline constexpr std::array<std::pair<const char*, std::uint64_t Pipeline::*>, 32> kPipelineCounts{{
    {"requests", &Pipeline::requests},
    {"ok", &Pipeline::ok},
    {"failed", &Pipeline::failed},
    {"output_tokens", &Pipeline::output_tokens},
    {"prompt_tokens", &Pipeline::prompt_tokens},
    {"reused_tokens", &Pipeline::reused_tokens},
    {"within_objective", &Pipeline::within_objective},
    {"images", &Pipeline::images},
    {"images_encoded", &Pipeline::images_encoded},
    {"encoder_calls_saved", &Pipeline::encoder_calls_saved},
    {"encoder_passes", &Pipeline::encoder_passes},
    {"real_tokens", &Pipeline::real_tokens},
    {"padded_tokens", &Pipeline::padded_tokens},
    {"batches", &Pipeline::batches},
    {"computed_twice", &Pipeline::computed_twice},
    {"zero_copy", &Pipeline::zero_copy},
    {"copied_out", &Pipeline::copied_out},
    {"uploads", &Pipeline::uploads},
    {"uploaded_bytes", &Pipeline::uploaded_bytes},
    {"staged_bytes", &Pipeline::staged_bytes},
    {"decode_steps", &Pipeline::decode_steps},
    {"decoded_tokens", &Pipeline::decoded_tokens},
    {"joined", &Pipeline::joined},
    {"kv_parked", &Pipeline::kv_parked},
    {"kv_parked_bytes", &Pipeline::kv_parked_bytes},
    {"kv_returned_bytes", &Pipeline::kv_returned_bytes},
    {"weights_budget_bytes", &Pipeline::weights_budget_bytes},
    {"component_hits", &Pipeline::component_hits},
    {"component_loads", &Pipeline::component_loads},
    {"component_evictions", &Pipeline::component_evictions},
    {"component_loaded_bytes", &Pipeline::component_loaded_bytes},
    {"component_peak_bytes", &Pipeline::component_peak_bytes},
}};
inline constexpr std::array<std::pair<const char*, std::int64_t Pipeline::*>, 6> kPipelineTimes{{
    {"objective_ns", &Pipeline::objective_ns},
    {"elapsed_ns", &Pipeline::elapsed_ns},
    {"upload_waits_ns", &Pipeline::upload_waits_ns},
    {"active_ns", &Pipeline::active_ns},
    {"overlapped_ns", &Pipeline::overlapped_ns},
    {"slowest_stage_ns", &Pipeline::slowest_stage_ns},
}};
/// What is derived from them, absent where it has no denominator.
inline constexpr std::array<std::pair<const char*, std::optional<double> (Pipeline::*)() const>, 7>
    kPipelineRates{{
        {"requests_per_second", &Pipeline::requests_per_second},
        {"tokens_per_second", &Pipeline::tokens_per_second},
        {"goodput_per_second", &Pipeline::goodput_per_second},
        {"padding_waste_ratio", &Pipeline::padding_waste_ratio},
        {"mean_decode_batch", &Pipeline::mean_decode_batch},
        {"overlap_ratio", &Pipeline::overlap_ratio},
        {"efficiency_ratio", &Pipeline::efficiency_ratio},
    }};

}  // namespace cachebench::result
