// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "result/compression.h"
#include "result/json_reader.h"

/// Compression and hashing as parts of a result document. Readers throw Error{kInput} that names the key.
/// Pure functions; thread-safe.
namespace cachebench::result {

[[nodiscard]] nlohmann::ordered_json compression_to_json(const Compression& compression);
[[nodiscard]] Compression compression_from_json(const JsonReader& reader);
/// What is broken in it, one line each: nothing is charged more than it is, errors are finite.
[[nodiscard]] std::vector<std::string> check_compression(const Compression& compression);

[[nodiscard]] nlohmann::ordered_json hashing_to_json(const Hashing& hashing);
[[nodiscard]] Hashing hashing_from_json(const JsonReader& reader);

}  // namespace cachebench::result
