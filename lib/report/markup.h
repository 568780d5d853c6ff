// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

/// HTML as text: escaping, and figures that say where in the result document they come from. A figure is a
/// <data> element whose `value` is the exact number and whose `data-path` is its JSON pointer, so a test can
/// hold every figure of a page against the document. Pure functions, thread-safe, nothing throws.
namespace cachebench::report {

/// For element content and for quoted attributes. Control characters other than tab and newline are replaced.
[[nodiscard]] std::string escape_html(std::string_view text);

/// Compact JSON that is safe inside a <script> element: `<`, `>` and `&` are \u escapes.
[[nodiscard]] std::string script_json(const nlohmann::ordered_json& document);

/// One step more of a JSON pointer, escaped.
[[nodiscard]] std::string pointer(std::string_view base, std::string_view key);
[[nodiscard]] std::string pointer(std::string_view base, std::size_t index);

/// A number at `path`, written for people. Absent ones are a dash without a value.
[[nodiscard]] std::string count_figure(const std::string& path, std::uint64_t value);
[[nodiscard]] std::string bytes_figure(const std::string& path, std::uint64_t value);
[[nodiscard]] std::string time_figure(const std::string& path, std::int64_t ns);
[[nodiscard]] std::string share_figure(const std::string& path, std::optional<double> ratio);
/// For a number with a unit of its own: `shown` is what people read.
[[nodiscard]] std::string number_figure(const std::string& path, double value, const std::string& shown);
/// The same where the document has whole numbers without a point.
[[nodiscard]] std::string whole_or_double_figure(const std::string& path, double value,
                                                 const std::string& shown);
[[nodiscard]] std::string rate_figure(const std::string& path, std::optional<double> per_second);

/// Text of the document at `path`, escaped, as content of `element`.
[[nodiscard]] std::string text_figure(std::string_view element, const std::string& path,
                                      std::string_view text);

/// The word for where a time comes from, with its mark: "measured", "modelled", "emulated".
[[nodiscard]] std::string basis_mark(std::string_view basis);

/// A name from elsewhere as Markdown: nothing of it is markup, a cell's end, or a line's end.
[[nodiscard]] std::string plain_markdown(std::string_view text);

/// "not_admitted" as "not admitted", escaped.
[[nodiscard]] std::string words(std::string_view key);

}  // namespace cachebench::report
