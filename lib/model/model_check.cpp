// SPDX-License-Identifier: Apache-2.0
#include "model/model_check.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace cachebench::model {
namespace {

// A difference may be infinite; the document has no such number.
nlohmann::ordered_json finite_or_null(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

}  // namespace

bool CaseCheck::ok() const {
  return !tensors.empty() &&
         std::all_of(tensors.begin(), tensors.end(), [](const TensorCheck& t) { return t.ok; });
}

bool ModelCheckReport::ok() const {
  return !cases.empty() && std::all_of(cases.begin(), cases.end(), [](const CaseCheck& c) { return c.ok(); });
}

nlohmann::ordered_json to_json(const ModelCheckReport& report) {
  nlohmann::ordered_json document{{"backend", report.backend}, {"dtype", report.dtype}, {"ok", report.ok()}};
  document["cases"] = nlohmann::ordered_json::array();
  for (const CaseCheck& one : report.cases) {
    nlohmann::ordered_json tensors = nlohmann::ordered_json::array();
    for (const TensorCheck& tensor : one.tensors) {
      nlohmann::ordered_json row{{"name", tensor.name},
                                 {"ok", tensor.ok},
                                 {"max_abs", finite_or_null(tensor.max_abs)},
                                 {"max_rel", finite_or_null(tensor.max_rel)},
                                 {"elements", tensor.elements}};
      if (!tensor.reason.empty()) row["reason"] = tensor.reason;
      tensors.push_back(std::move(row));
    }
    document["cases"].push_back({{"file", one.file}, {"ok", one.ok()}, {"tensors", std::move(tensors)}});
  }
  return document;
}

}  // namespace cachebench::model
