// capture_matrix --extension murmel.so [--only NAME] [--verbose] FILE...: checks every scenario of the files
// against the SQLite that this process runs with (LD_LIBRARY_PATH chooses it), each in a child process, so
// that a crash is one failure. Ends with "N passed, N failed".
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/capture/check_scenario.h"
#include "tests/capture/db.h"

namespace murmel::capture_test {
namespace {

constexpr unsigned kScenarioSecondsMax = 60;

struct Arguments {
  std::string extension;
  std::string only;
  bool verbose = false;
  std::vector<std::string> files;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--extension" && i + 1 < argc) {
      arguments.extension = argv[++i];
    } else if (word == "--only" && i + 1 < argc) {
      arguments.only = argv[++i];
    } else if (word == "--verbose") {
      arguments.verbose = true;
    } else {
      arguments.files.push_back(word);
    }
  }
  if (arguments.extension.empty() || arguments.files.empty()) harness_failure("needs --extension and files");
  return arguments;
}

// A limit must really be there: one that has gone is reported, so that the documents stay true.
bool judge(const Scenario& scenario, const Outcome& outcome, bool verbose) {
  std::set<std::string> failed;
  bool passed = true;
  for (const Finding& finding : outcome.findings) {
    failed.insert(finding.check);
    if (!scenario.limit(outcome.mode, finding.check).empty()) continue;
    passed = false;
    std::printf("  %s: %s\n", finding.check.c_str(), finding.text.c_str());
  }
  for (const Limit& limit : scenario.limits) {
    if (limit.mode != outcome.mode && limit.mode != "any") continue;
    if (!failed.contains(limit.check)) {
      std::printf("  %s: the documented limit is gone: %s\n", limit.check.c_str(), limit.reason.c_str());
      passed = false;
    } else if (verbose) {
      std::printf("  limit of mode %s, %s: %s\n", outcome.mode.c_str(), limit.check.c_str(),
                  limit.reason.c_str());
    }
  }
  return passed;
}

// In memory where there is such a place: hundreds of small files are written, and every close waits for the
// disk.
std::string temporary_directory() {
  return std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path();
}

bool run_in_child(const Scenario& scenario, const Arguments& arguments) {
  std::fflush(stdout);
  std::string directory = temporary_directory() + "/murmel-capture-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) harness_failure("cannot make " + directory);
  const pid_t child = fork();
  if (child == 0) {
    alarm(kScenarioSecondsMax);
    const Outcome outcome = check_scenario(scenario, arguments.extension, directory);
    const bool passed = judge(scenario, outcome, arguments.verbose);
    std::fflush(stdout);
    std::_Exit(passed ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) std::printf("  ended by signal %d\n", WTERMSIG(status));
  std::filesystem::remove_all(directory);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int run(const Arguments& arguments) {
  int passed = 0;
  int failed = 0;
  std::map<std::string, std::string> names;
  for (const std::string& file : arguments.files) {
    std::string error;
    const std::vector<Scenario> scenarios = read_scenarios(file, error);
    if (!error.empty()) harness_failure(error);
    for (const Scenario& scenario : scenarios) {
      if (!names.emplace(scenario.name, file).second)
        harness_failure("two scenarios are named " + scenario.name);
      if (!arguments.only.empty() && scenario.name != arguments.only) continue;
      const bool good = run_in_child(scenario, arguments);
      ++(good ? passed : failed);
      if (!good || arguments.verbose) {
        std::printf("%s %s (%s)\n", good ? "ok  " : "FAIL", scenario.name.c_str(), scenario.summary.c_str());
      }
    }
  }
  std::printf("On SQLite %s%s%s:\n%d passed, %d failed\n", sqlite3_libversion(),
              sqlite3_compileoption_used("DEBUG") != 0 ? ", debug build" : "",
              sqlite3_compileoption_used("ENABLE_PREUPDATE_HOOK") != 0 ? "" : ", no preupdate hook", passed,
              failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace murmel::capture_test

int main(int argc, char** argv) {
  return murmel::capture_test::run(murmel::capture_test::parse(argc, argv));
}
