// SPDX-License-Identifier: Apache-2.0
#include "core/check.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

namespace {

struct Death {
  bool aborted;
  std::string message;
};

// What a child that runs `function` says on standard error, and whether it aborted.
template <typename Function>
Death die(Function function) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    std::signal(SIGABRT, SIG_DFL);  // not the test framework's handler
    function();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string message;
  std::array<char, 512> buffer{};
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    message.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return {WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, message};
}

}  // namespace

TEST_CASE("a failed check aborts and prints condition, place and values") {
  const int used = 3;
  const Death death = die([&] { CACHEBENCH_CHECK(used == 2, "{} of {} slots", used, 2); });
  CHECK(death.aborted);
  CHECK(death.message.find("check failed: used == 2: 3 of 2 slots") != std::string::npos);
  CHECK(death.message.find("check_test.cpp:") != std::string::npos);
  CHECK(die([] { CACHEBENCH_CHECK(false); }).aborted);
}

TEST_CASE("a check that holds evaluates its condition once") {
  int evaluated = 0;
  CACHEBENCH_CHECK(++evaluated == 1, "{}", evaluated);
  CHECK(evaluated == 1);
}

TEST_CASE("the hot-path check is off in release builds and on elsewhere") {
#ifdef NDEBUG
  CHECK_FALSE(die([] { CACHEBENCH_DCHECK(false); }).aborted);
#else
  CHECK(die([] { CACHEBENCH_DCHECK(false); }).aborted);
#endif
}
