// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

/// The HTML page of a similarity study: the threshold to take, precision and recall by threshold, what each
/// alteration and each other view does. A pure function of the document that `cachebench hash --study --json`
/// prints, with every string of it escaped; thread-safe. REQUIRES: a document of that shape.
namespace cachebench::report {

[[nodiscard]] std::string similarity_page(const nlohmann::ordered_json& study);

}  // namespace cachebench::report
