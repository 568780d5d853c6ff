// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "result/json_reader.h"
#include "result/multimodal.h"

/// The multimodal cache as the part `multimodal` of a document, and back. Stateless, thread-safe; errors as
/// in json.h.
namespace cachebench::result {

[[nodiscard]] nlohmann::ordered_json multimodal_to_json(const Multimodal& multimodal);
[[nodiscard]] Multimodal multimodal_from_json(const JsonReader& reader);
/// The identities between its counts, and with the similar hits of the totals, that do not hold.
[[nodiscard]] std::vector<std::string> check_multimodal(const Multimodal& multimodal,
                                                        std::uint64_t similar_hits);

}  // namespace cachebench::result
