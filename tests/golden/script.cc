#include "tests/golden/script.h"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <vector>

namespace murmel::golden {
namespace {

constexpr char kSeparator[] = "----";

// Lines up to the next empty one; the position moves behind it.
std::string output_at(const std::vector<std::string>& lines, std::size_t& position) {
  std::string text;
  for (; position < lines.size() && !lines[position].empty(); ++position) text += lines[position] + "\n";
  return text;
}

}  // namespace

bool run_script(const std::string& path, bool rewrite,
                const std::function<std::string(const std::string&)>& command) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  if (!in) {
    std::printf("%s: can't be read\n", path.c_str());
    return false;
  }
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  bool good = true;
  std::ostringstream rewritten;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    rewritten << lines[i] << "\n";
    const bool is_command = i + 1 < lines.size() && lines[i + 1] == kSeparator;
    if (!is_command) continue;
    const std::string actual = command(lines[i]);
    std::size_t next = i + 2;
    const std::string expected = output_at(lines, next);
    if (actual != expected && !rewrite) {
      std::printf("%s:%zu: %s\n-- expected\n%s-- actual\n%s", path.c_str(), i + 1, lines[i].c_str(),
                  expected.c_str(), actual.c_str());
      good = false;
    }
    rewritten << kSeparator << "\n" << actual << "\n";
    i = next;
  }
  in.close();
  if (rewrite) std::ofstream(path) << rewritten.str();
  return good;
}

}  // namespace murmel::golden
