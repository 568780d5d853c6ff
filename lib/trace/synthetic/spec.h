// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "trace/synthetic/arrival.h"
#include "trace/synthetic/distribution.h"

/// What a generator is asked to make: docs/traces.md explains every key. Values only. Reading is strict:
/// every mistake is Error{kUsage} "FILE: path.to.key: reason", an unknown key with the nearest known one.
namespace cachebench::trace {

/// Lengths of a request's own part, from `start_s` on.
struct Lengths {
  double start_s = 0;
  Distribution text_tokens;
  Distribution output_tokens;
  Distribution image_count;
  std::optional<Distribution> image_tokens;  ///< absent: sizes in pixels come from ImageSpec
};

struct ImageSize {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  double weight = 1;
};

struct ImageSpec {
  std::vector<ImageSize> sizes;
  double bits_per_pixel = 1.5;  ///< of the encoded file
  // Popularity: this share of new images comes from a catalogue all sessions of the client see.
  double shared_share = 0;
  std::uint64_t shared_objects = 1;
  double shared_alpha = 1;
  // Near-duplicates: this share of new images is an altered copy of one the session has seen.
  double near_share = 0;
  std::uint32_t near_max_bits = 1;
};

struct ClientSpec {
  std::string name;
  Arrival arrival;
  std::uint64_t open_sessions = 1;  ///< a request continues one of them, drawn evenly
  Distribution turns;               ///< of a session
  std::vector<Lengths> lengths;     ///< by start, the first from 0
  ImageSpec images;
  std::string session_kind;
  std::string session_text;  ///< the session object as JSON text, checked
};

struct GeneratorSpec {
  std::string name;
  std::string notes;
  std::string source;
  std::string license;
  std::uint64_t seed = 1;
  std::uint64_t requests = UINT64_MAX;  ///< at most
  std::optional<double> duration_s;     ///< arrivals before this
  std::uint32_t block_tokens = 16;
  std::vector<ClientSpec> clients;
};

[[nodiscard]] GeneratorSpec parse_spec(const nlohmann::ordered_json& document, const std::string& origin);
[[nodiscard]] GeneratorSpec load_spec(const std::string& path);
/// Parsing it again gives an equal spec.
[[nodiscard]] nlohmann::ordered_json to_json(const GeneratorSpec& spec);

}  // namespace cachebench::trace
