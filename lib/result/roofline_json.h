// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "result/json_reader.h"
#include "result/roofline.h"

/// The section `pipeline.roofline` of the result. Pure functions; a section that is broken is Error{kInput}
/// as everywhere in the document.
namespace cachebench::result {

[[nodiscard]] nlohmann::ordered_json roofline_to_json(const Roofline& roofline);
[[nodiscard]] Roofline roofline_from_json(const JsonReader& reader);

}  // namespace cachebench::result
