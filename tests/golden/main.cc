// murmel-golden [--rewrite] FILE...: runs golden scripts of sync, commit and epoch cores. Ends with `N
// passed, N failed`.
#include <cstdio>
#include <cstring>

#include "tests/golden/commit_cluster.h"
#include "tests/golden/epoch_cluster.h"
#include "tests/golden/script.h"
#include "tests/golden/sync_cluster.h"

int main(int argc, char** argv) {
  using namespace murmel::golden;
  const bool rewrite = argc > 1 && std::strcmp(argv[1], "--rewrite") == 0;
  int passed = 0;
  int failed = 0;
  for (int i = rewrite ? 2 : 1; i < argc; ++i) {
    // The first word of a file's name says what it is about.
    const bool commit = std::strstr(argv[i], "/commit_") != nullptr;
    const bool epoch = std::strstr(argv[i], "/epoch_") != nullptr;
    EpochCluster epoch_cluster;
    SyncCluster sync_cluster;
    CommitCluster commit_cluster;
    const bool good = run_script(argv[i], rewrite, [&](const std::string& line) {
      if (epoch) return epoch_cluster.run(line);
      return commit ? commit_cluster.run(line) : sync_cluster.run(line);
    });
    good ? ++passed : ++failed;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
