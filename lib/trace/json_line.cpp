// SPDX-License-Identifier: Apache-2.0
#include "trace/json_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

#include "core/error.h"

namespace cachebench::trace {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(const char* key, const char* reason) {
  throw Error(ErrorKind::kInput, fmt::format("\"{}\" {}", key, reason));
}

// What nlohmann says after the position, which is that of a line already known.
std::string reason_of(const json::exception& error) {
  const std::string text = error.what();
  const std::size_t bracket = text.find("] ");
  const std::size_t colon = text.find(": ", bracket == std::string::npos ? 0 : bracket);
  const std::size_t start = colon == std::string::npos ? bracket : colon;
  return start == std::string::npos ? text : text.substr(start + 2);
}

// Keys of one object. Most have a few; a line made to be slow has millions.
class Keys {
 public:
  /// False when it was there.
  bool add(const std::string& key) {
    if (few_.size() >= kFew) return many_.insert(key).second && !among_few(key);
    if (among_few(key)) return false;
    few_.push_back(key);
    return true;
  }

 private:
  static constexpr std::size_t kFew = 24;
  [[nodiscard]] bool among_few(const std::string& key) const {
    return std::find(few_.begin(), few_.end(), key) != few_.end();
  }
  std::vector<std::string> few_;
  std::unordered_set<std::string> many_;
};

// Reads a line without building anything from it: whoever builds needs memory for every value and level, and
// the library's own way to watch a build takes time in the square of the number of objects.
class LineCheck final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(number_integer_t) override { return count(); }
  bool number_unsigned(number_unsigned_t) override { return count(); }
  bool number_float(number_float_t, const string_t&) override { return count(); }
  bool string(string_t&) override { return count(); }
  bool binary(binary_t&) override { return count(); }
  bool start_object(std::size_t) override { return open(); }
  bool key(string_t& name) override {
    if (open_.back().add(name)) return true;
    throw Error(ErrorKind::kInput, fmt::format("the key \"{}\" occurs twice", name.substr(0, 80)));
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const json::exception& error) override {
    throw Error(ErrorKind::kInput, "not JSON: " + reason_of(error));
  }

 private:
  bool count() {
    if (++values_ > kMostValues)
      throw Error(ErrorKind::kInput, fmt::format("more than {} values in one line", kMostValues));
    return true;
  }
  bool open() {
    if (open_.size() >= kDeepestLine)
      throw Error(ErrorKind::kInput, fmt::format("nested deeper than {} levels", kDeepestLine));
    open_.emplace_back();
    return count();
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<Keys> open_;  // keys seen in each object that is open; of an array none
  std::size_t values_ = 0;
};

const json* present(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

json parse_json_line(std::string_view line) {
  LineCheck check;
  (void)json::sax_parse(line, &check);
  try {
    json parsed = json::parse(line);
    if (!parsed.is_object()) throw Error(ErrorKind::kInput, "not a JSON object");
    return parsed;
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kInput, "not JSON: " + reason_of(error));
  }
}

std::uint64_t count_of(const json& value, const char* key) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (value.is_number_integer()) refuse(key, "is negative");
  // A literal beyond 64 bits arrives as a float; 3.0 is taken as 3.
  if (!value.is_number_float()) refuse(key, "is not a number");
  const double real = value.get<double>();
  constexpr double kBeyondExact = 9007199254740992.0;  // 2^53
  if (real < 0) refuse(key, "is negative");
  if (!(real <= kBeyondExact)) refuse(key, "is too large");
  if (real != std::floor(real)) refuse(key, "is not a whole number");
  return static_cast<std::uint64_t>(real);
}

std::optional<std::uint64_t> optional_count(const json& object, const char* key) {
  const json* value = present(object, key);
  if (value == nullptr) return std::nullopt;
  return count_of(*value, key);
}

std::uint64_t required_count(const json& object, const char* key) {
  const std::optional<std::uint64_t> value = optional_count(object, key);
  if (!value) refuse(key, "is missing");
  return *value;
}

std::optional<double> optional_real(const json& object, const char* key) {
  const json* value = present(object, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) refuse(key, "is not a number");
  const auto real = value->get<double>();
  if (!std::isfinite(real)) refuse(key, "is not finite");
  if (real < 0) refuse(key, "is negative");
  return real;
}

double required_real(const json& object, const char* key) {
  const std::optional<double> value = optional_real(object, key);
  if (!value) refuse(key, "is missing");
  return *value;
}

std::optional<std::string> optional_text(const json& object, const char* key) {
  const json* value = present(object, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) refuse(key, "is not a string");
  return value->get<std::string>();
}

const json* optional_array(const json& object, const char* key) {
  const json* value = present(object, key);
  if (value != nullptr && !value->is_array()) refuse(key, "is not an array");
  return value;
}

std::optional<std::uint64_t> optional_hex64(const json& object, const char* key) {
  const std::optional<std::string> text = optional_text(object, key);
  if (!text) return std::nullopt;
  std::uint64_t word = 0;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), word, 16);
  if (code != std::errc() || end != text->data() + text->size() || text->size() > 16 || text->empty()) {
    refuse(key, "is not 1 to 16 hex digits");
  }
  return word;
}

std::optional<FineCode> optional_fine_code(const json& object, const char* key) {
  const std::optional<std::string> text = optional_text(object, key);
  if (!text) return std::nullopt;
  constexpr std::size_t kDigits = 16;
  FineCode code{};
  bool is_good = text->size() == kDigits * code.size();
  for (std::size_t i = 0; is_good && i < code.size(); ++i) {
    const char* const begin = text->data() + kDigits * i;
    const auto [end, fault] = std::from_chars(begin, begin + kDigits, code[i], 16);
    is_good = fault == std::errc() && end == begin + kDigits;
  }
  if (!is_good) refuse(key, "is not 64 hex digits");
  return code;
}

}  // namespace cachebench::trace
