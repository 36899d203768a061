// Runs golden files: murmel-stories [--rewrite] EXTENSION FILE...   Ends with `N passed, N failed`, a file
// being one.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "tests/golden/stories/replicas.h"
#include "tests/golden/stories/story.h"

namespace murmel::stories {
namespace {

bool run_file(const std::string& path, const std::string& extension, bool rewrite) {
  auto story = read_story(path);
  if (!story.ok()) {
    std::printf("FAIL %s\n", story.error().message.c_str());
    return false;
  }
  std::string folder = (std::filesystem::temp_directory_path() / "murmel-golden-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return false;
  bool good = true;
  {
    Replicas replicas(folder, extension);
    for (Block& block : story.value().blocks) {
      const std::string output = replicas.run(block.command, block.input);
      if (output == block.expected) continue;
      if (!rewrite) {
        std::printf("FAIL %s:%d: %s\nexpected:\n%sgot:\n%s", path.c_str(), block.line, block.command.c_str(),
                    block.expected.c_str(), output.c_str());
        good = false;
        break;  // what follows stands on it
      }
      block.expected = output;
    }
  }
  std::error_code ignored;  // the system's temporary folder is cleaned by others too
  std::filesystem::remove_all(folder, ignored);
  if (rewrite) return write_story(path, *story).ok();
  if (good) std::printf("ok   %s\n", path.c_str());
  return good;
}

int run(int argc, char** argv) {
  int next = 1;
  const bool rewrite = argc > next && std::strcmp(argv[next], "--rewrite") == 0;
  next += rewrite ? 1 : 0;
  if (argc <= next + 1) {
    std::fprintf(stderr, "murmel-stories [--rewrite] EXTENSION FILE...\n");
    return 2;
  }
  const std::string extension = argv[next++];
  int passed = 0;
  int failed = 0;
  for (; next < argc; ++next) ++(run_file(argv[next], extension, rewrite) ? passed : failed);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace murmel::stories

int main(int argc, char** argv) {
  return murmel::stories::run(argc, argv);
}
