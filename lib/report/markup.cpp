// SPDX-License-Identifier: Apache-2.0
#include "report/markup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/units.h"
#include "result/findings.h"

namespace cachebench::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kAbsent = "–";

std::string figure(const std::string& path, const std::string& value, const std::string& shown) {
  return fmt::format("<data value=\"{}\" data-path=\"{}\">{}</data>", value, escape_html(path),
                     escape_html(shown));
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') {
          out += "\xEF\xBF\xBD";
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::string script_json(const Json& document) {
  const std::string text = document.dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string pointer(std::string_view base, std::string_view key) {
  std::string out(base);
  out += '/';
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string pointer(std::string_view base, std::size_t index) {
  return fmt::format("{}/{}", base, index);
}

std::string count_figure(const std::string& path, std::uint64_t value) {
  return figure(path, std::to_string(value), result::format_count(value));
}

std::string bytes_figure(const std::string& path, std::uint64_t value) {
  return figure(path, std::to_string(value), format_bytes(Bytes{value}));
}

std::string time_figure(const std::string& path, std::int64_t ns) {
  return figure(path, std::to_string(ns), result::format_ns(ns));
}

std::string share_figure(const std::string& path, std::optional<double> ratio) {
  if (!ratio) return kAbsent;
  return figure(path, Json(*ratio).dump(), result::format_share(ratio));
}

std::string number_figure(const std::string& path, double value, const std::string& shown) {
  return figure(path, Json(value).dump(), shown);
}

std::string whole_or_double_figure(const std::string& path, double value, const std::string& shown) {
  const bool whole = value == std::trunc(value) && std::abs(value) < 9007199254740992.0;
  return whole ? figure(path, std::to_string(static_cast<std::int64_t>(value)), shown)
               : number_figure(path, value, shown);
}

std::string rate_figure(const std::string& path, std::optional<double> per_second) {
  if (!per_second) return kAbsent;
  return figure(path, Json(*per_second).dump(), format_rate(*per_second));
}

std::string text_figure(std::string_view element, const std::string& path, std::string_view text) {
  return fmt::format("<{0} data-path=\"{1}\">{2}</{0}>", element, escape_html(path), escape_html(text));
}

std::string basis_mark(std::string_view basis) {
  return fmt::format("<span class=\"basis basis-{0}\">{0}</span>", escape_html(basis));
}

std::string plain_markdown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      out += ' ';
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      if (std::string_view("|\\`*_[]#!").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string words(std::string_view key) {
  std::string text(key);
  std::replace(text.begin(), text.end(), '_', ' ');
  return escape_html(text);
}

}  // namespace cachebench::report
