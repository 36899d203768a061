// bench_capture: what capturing costs an application. Each round runs every workload with every way of
// capture, one after the other, each on a new file; a ratio is taken within its round, and the median over
// the rounds is shown.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "tests/bench/capture_ways.h"

namespace murmel::bench {
namespace {

using capture_test::prepare;
using capture_test::query;
using capture_test::Statement;

struct Options {
  std::string extension;
  std::string directory = std::filesystem::temp_directory_path();
  std::string only;
  std::vector<std::string> ways;
  int rounds = 5;
  double scale = 1;
  bool json = false;
  bool cpu = false;
};

struct Workload {
  std::string name;
  double target;  // greatest ratio that our hook may have
  int base_rows;
  std::function<void(Way&, sqlite3*)> run;
};

constexpr char kInsert[] =
    "INSERT INTO t(k, a, b, c) VALUES('key' || ?1, ?1, ?1 * 0.5, 'a text of forty-one bytes, more or "
    "less...')";
constexpr char kUpdate[] =
    "UPDATE t SET a = a + 1, c = 'another text of forty-one bytes, or so......' WHERE id = ?1";
constexpr char kUpdateAll[] = "UPDATE t SET a = a + 1, b = b * 2";

void step(sqlite3_stmt* statement, int value) {
  sqlite3_bind_int(statement, 1, value);
  if (sqlite3_step(statement) != SQLITE_DONE) {
    capture_test::harness_failure(sqlite3_errmsg(sqlite3_db_handle(statement)));
  }
  sqlite3_reset(statement);
}

// `transactions` of `rows` rows each. One row: the statement commits by itself, where the way of capture
// allows that.
void write_rows(Way& way, sqlite3* db, const char* sql, int transactions, int rows) {
  const Statement statement = prepare(db, sql);
  const bool by_itself = rows == 1 && way.commits_by_itself();
  int value = 0;
  for (int i = 0; i < transactions; ++i) {
    if (!by_itself) way.begin(db);
    for (int j = 0; j < rows; ++j) step(statement.get(), ++value);
    if (!by_itself) way.commit(db);
  }
}

std::vector<Workload> workloads(double scale) {
  const auto scaled = [scale](int n) { return std::max(1, static_cast<int>(n * scale)); };
  const int singles = scaled(20'000);
  const int batches = scaled(5'000);
  const int bulk = scaled(1'000'000);
  const int many = scaled(300'000);
  return {
      {"single-row inserts", 1.7, 0,
       [=](Way& way, sqlite3* db) { write_rows(way, db, kInsert, singles, 1); }},
      {"single-row updates", 1.7, singles,
       [=](Way& way, sqlite3* db) { write_rows(way, db, kUpdate, singles, 1); }},
      {"20-row transactions", 1.6, 0,
       [=](Way& way, sqlite3* db) { write_rows(way, db, kInsert, batches, 20); }},
      {"bulk insert", 1.7, 0, [=](Way& way, sqlite3* db) { write_rows(way, db, kInsert, 1, bulk); }},
      {"one large update", 3.5, many, [](Way& way, sqlite3* db) { write_rows(way, db, kUpdateAll, 1, 1); }},
  };
}

void make_base(const std::string& path, int rows) {
  const auto db = open_plain(path);
  query(db.get(), "CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT, a INT, b REAL, c TEXT)");
  query(db.get(), "BEGIN");
  const Statement insert = prepare(db.get(), kInsert);
  for (int i = 1; i <= rows; ++i) step(insert.get(), i);
  query(db.get(), "COMMIT");
}

// CPU time does not see the disk, but neither the other programs of a busy machine.
double now_seconds(bool cpu) {
  timespec now{};
  clock_gettime(cpu ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds(const Workload& workload, Way& way, const std::string& directory, bool cpu) {
  const std::string path = directory + "/bench.db";
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  make_base(path, workload.base_rows);
  const auto db = way.open(path);
  const double start = now_seconds(cpu);
  workload.run(way, db.get());
  const double taken = now_seconds(cpu) - start;
  way.close();
  return taken;
}

double median(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const std::size_t half = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[half] : (samples[half - 1] + samples[half]) / 2;
}

struct Row {
  Workload workload;
  double plain_seconds;
  std::vector<double> ratios;  // one per way, plain first
};

Row measure(const Workload& workload, std::vector<NamedWay>& ways, const Options& options,
            const std::string& directory) {
  std::vector<std::vector<double>> ratios(ways.size());
  std::vector<double> plain;
  for (int round = 0; round < options.rounds; ++round) {
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const double taken = seconds(workload, *ways[i].way, directory, options.cpu);
      if (i == 0) plain.push_back(taken);
      ratios[i].push_back(taken / plain.back());
      std::fprintf(stderr, "%s, round %d, %s: %.3f s\n", workload.name.c_str(), round + 1,
                   ways[i].name.c_str(), taken);
    }
  }
  Row row{workload, median(plain), {}};
  for (const auto& samples : ratios) row.ratios.push_back(median(samples));
  return row;
}

void print_table(const std::vector<Row>& rows, const std::vector<NamedWay>& ways) {
  std::printf("| workload | plain |");
  for (std::size_t i = 1; i < ways.size(); ++i) std::printf(" %s |", ways[i].name.c_str());
  std::printf(" target |\n|---|---|");
  for (std::size_t i = 0; i < ways.size(); ++i) std::printf("---|");
  std::printf("\n");
  for (const Row& row : rows) {
    std::printf("| %s | %.3f s |", row.workload.name.c_str(), row.plain_seconds);
    for (std::size_t i = 1; i < row.ratios.size(); ++i) std::printf(" %.2f |", row.ratios[i]);
    std::printf(" %.1f |\n", row.workload.target);
  }
}

void print_json(const std::vector<Row>& rows, const std::vector<NamedWay>& ways) {
  nlohmann::json out = nlohmann::json::array();
  for (const Row& row : rows) {
    nlohmann::json ratios;
    for (std::size_t i = 0; i < ways.size(); ++i) ratios[ways[i].name] = row.ratios[i];
    out.push_back({{"workload", row.workload.name},
                   {"plain_seconds", row.plain_seconds},
                   {"target", row.workload.target},
                   {"ratios", ratios}});
  }
  std::printf("%s\n", out.dump(2).c_str());
}

std::vector<NamedWay> chosen_ways(const Options& options) {
  auto ways = all_ways(options.extension);
  if (options.ways.empty()) return ways;
  const auto chosen = [&options](const NamedWay& way) {
    return std::any_of(options.ways.begin(), options.ways.end(),
                       [&way](const std::string& part) { return way.name.find(part) != std::string::npos; });
  };
  ways.erase(std::remove_if(ways.begin(), ways.end(), [&](const NamedWay& way) { return !chosen(way); }),
             ways.end());
  if (ways.empty()) capture_test::harness_failure("no way of capture has such a name");
  return ways;
}

int run(const Options& options) {
  std::string directory = options.directory + "/murmel-bench-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr)
    capture_test::harness_failure("cannot make a folder in " + options.directory);
  auto ways = chosen_ways(options);
  std::vector<Row> rows;
  for (const Workload& workload : workloads(options.scale)) {
    if (!options.only.empty() && workload.name.find(options.only) == std::string::npos) continue;
    rows.push_back(measure(workload, ways, options, directory));
  }
  std::filesystem::remove_all(directory);
  options.json ? print_json(rows, ways) : print_table(rows, ways);
  return 0;
}

}  // namespace
}  // namespace murmel::bench

int main(int argc, char** argv) {
  murmel::bench::Options options;
  options.extension = std::filesystem::path(argv[0]).parent_path() / "../../extension/murmel.so";
  CLI::App app(
      "What capturing costs an application, against plain SQLite (WAL, synchronous NORMAL) and other ways.");
  app.add_option("--rounds", options.rounds, "how often everything is measured; the median counts")
      ->capture_default_str();
  app.add_option("--scale", options.scale,
                 "size of the workloads; 1 is 20,000 single rows, a million in bulk")
      ->capture_default_str();
  app.add_option("--only", options.only, "only workloads whose name contains this");
  app.add_option(
      "--way", options.ways,
      "only ways whose name contains this (may be given again); the first is what is compared with");
  app.add_option("--dir", options.directory, "where the files are written")->capture_default_str();
  app.add_option("--extension", options.extension, "the library to measure")->capture_default_str();
  app.add_flag("--cpu", options.cpu, "compare CPU time instead of elapsed time");
  app.add_flag("--json", options.json, "ratios as JSON instead of a table");
  CLI11_PARSE(app, argc, argv);
  return murmel::bench::run(options);
}
