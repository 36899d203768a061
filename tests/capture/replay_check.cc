// replay_check --extension murmel.so BASE DATABASE: whether the log of DATABASE, replayed on a copy of BASE,
// gives DATABASE. For tests whose writers are other programs. Prints what differs, and ends with 0 when
// nothing does.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/capture/compare.h"
#include "tests/capture/load_extension.h"
#include "tests/capture/replay.h"

namespace murmel::capture_test {
namespace {

// Rows that triggers wrote, and schema changes that came without rows, go into the log.
void bring_up_to_date(const std::string& path, const std::string& extension) {
  const Database db = open_database(path);
  sqlite3_busy_timeout(db.get(), 10'000);
  if (const std::string error = load_extension(db.get(), extension); !error.empty()) harness_failure(error);
  query(db.get(), "SELECT murmel_enable()");
}

std::size_t print(const char* what, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::printf("%s: %s\n", what, line.c_str());
  return lines.size();
}

int run(const std::string& extension, const std::string& base, const std::string& path) {
  bring_up_to_date(path, extension);
  const std::string copy_path = path + ".replayed";
  std::filesystem::copy_file(base, copy_path, std::filesystem::copy_options::overwrite_existing);
  const Database database = open_database(path);
  const Database copy = open_database(copy_path);
  query(copy.get(), "PRAGMA synchronous = OFF");
  query(copy.get(), "BEGIN");
  const ReplayReport report = replay(database.get(), copy.get());
  query(copy.get(), "COMMIT");
  std::size_t differences = print("replay", report.failures) + print("before image", report.before);
  differences += print("schema", compare_schema(database.get(), copy.get()));
  differences += print("rows", compare_rows(database.get(), copy.get()));
  differences += print("integrity", compare_lines({"ok"}, query(database.get(), "PRAGMA integrity_check")));
  std::printf("%zu records, %zu differences\n", report.records, differences);
  return differences == 0 ? 0 : 1;
}

}  // namespace
}  // namespace murmel::capture_test

int main(int argc, char** argv) {
  if (argc != 5 || std::string(argv[1]) != "--extension") {
    murmel::capture_test::harness_failure("usage: replay_check --extension FILE BASE DATABASE");
  }
  return murmel::capture_test::run(argv[2], argv[3], argv[4]);
}
