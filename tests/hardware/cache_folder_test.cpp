// SPDX-License-Identifier: Apache-2.0
#include "hardware/cache_folder.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "hardware/limits.h"

using namespace cachebench::hardware;

namespace {

/// A variable of the environment for as long as this lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const before = std::getenv(name)) before_ = before;
    set(value);
  }
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) const {
    if (value != nullptr) {
      ::setenv(name_, value, 1);
    } else {
      ::unsetenv(name_);
    }
  }

  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("the cache folder: what the user set, the home's, or a temporary one; empty is not set") {
  const Variable temporary("TMPDIR", "/tmp");
  const Variable home("HOME", "/who/ever");
  {
    const Variable cache("XDG_CACHE_HOME", "/fast");
    CHECK(cache_folder() == "/fast/cachebench");
    CHECK(read_limits({}).cache_directory->path == "/fast/cachebench");
  }
  for (const char* unset : {"", static_cast<const char*>(nullptr)}) {
    const Variable cache("XDG_CACHE_HOME", unset);
    CHECK(cache_folder() == "/who/ever/.cache/cachebench");
    const Variable nowhere("HOME", unset);
    CHECK(cache_folder() == "/tmp/cachebench");
  }
}
