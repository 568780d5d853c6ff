// SPDX-License-Identifier: Apache-2.0
#include "support/command.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "support/temp_dir.h"

namespace cachebench::testing {
namespace {

[[noreturn]] void become(const std::vector<std::string>& arguments, const CommandOptions& options,
                         const std::string& out, const std::string& err) {
  // The build folder may lie anywhere; the shipped profiles do not.
  ::setenv("CACHEBENCH_PROFILES", CACHEBENCH_SOURCE_DIR "/configs/profiles", 0);
  for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
  if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) ::_exit(126);
  const auto redirect = [](const std::string& path, int flags, int to) {
    const int fd = ::open(path.c_str(), flags, 0600);
    if (fd < 0 || ::dup2(fd, to) < 0) ::_exit(126);
    ::close(fd);
  };
  redirect("/dev/null", O_RDONLY, STDIN_FILENO);
  redirect(out, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
  redirect(err, O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  ::execvp(pointers[0], pointers.data());
  ::_exit(127);
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& arguments, const CommandOptions& options) {
  const TempDir folder;
  const std::string out = options.stdout_path.empty() ? folder / "out" : options.stdout_path;
  const std::string err = folder / "err";
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) become(arguments, options, out, err);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  CommandResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (options.stdout_path.empty()) result.out = read_text(out);
  result.err = read_text(err);
  return result;
}

std::string cachebench_binary() {
  return std::string(CACHEBENCH_BINARY_DIR) + "/bin/cachebench";
}

CommandResult cachebench(std::vector<std::string> arguments, const CommandOptions& options) {
  arguments.insert(arguments.begin(), cachebench_binary());
  return run_command(arguments, options);
}

}  // namespace cachebench::testing
