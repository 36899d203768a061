// How fast change sets are applied: bulk rows (many in one transaction) and single-row transactions (many in
// one apply call, as the service groups them). Prints rows and transactions per second.
//
//   apply_bench [--rows N] [--folder DIR] [--index]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "agent/store/database.h"
#include "agent/wire/row_writer.h"

namespace murmel::store {
namespace {

constexpr NodeId kOrigin = 1;
constexpr int kColumns = 5;
constexpr std::size_t kPerApply = 500;  // change sets of one row in one apply call

struct Load {
  std::int64_t rows = 300'000;
  std::string folder = std::filesystem::temp_directory_path().string();
  bool index = false;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

wire::Table table() {
  return {"t",
          row_stream::kHasKey,
          {{"id", 1, row_stream::kBinary},
           {"k", 0, row_stream::kBinary},
           {"a", 0, row_stream::kBinary},
           {"b", 0, row_stream::kBinary},
           {"c", 0, row_stream::kBinary}},
          {0}};
}

// Makes change sets as the extension would.
class Author {
 public:
  core::ChangeSet schema(bool index) {
    wire::RowWriter writer;
    writer.schema({row_stream::kCreate, "table", "t", "t", "",
                   "CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT, a INT, b REAL, c TEXT)"});
    if (index) writer.schema({row_stream::kCreate, "index", "i", "t", "", "CREATE INDEX i ON t(k)"});
    return finish(writer);
  }

  core::ChangeSet rows(row_stream::Item op, std::int64_t first, std::int64_t count) {
    wire::RowWriter writer;
    const std::uint64_t index = writer.table(table());
    for (std::int64_t id = first; id < first + count; ++id) {
      const std::string name = fmt::format("key {}", id);
      fill(before_, id, name, 0);
      fill(after_, id, name, 1);
      if (op == row_stream::kInsert) writer.insert(index, before_);
      if (op == row_stream::kUpdate) writer.update(index, before_, after_);
      if (op == row_stream::kDelete) writer.remove(index, before_);
    }
    return finish(writer);
  }

 private:
  static void fill(std::vector<wire::Value>& row, std::int64_t id, std::string_view name,
                   std::int64_t round) {
    row.resize(kColumns);
    row[0] = wire::integer_value(id);
    row[1] = wire::text_value(name);
    row[2] = wire::integer_value(id * 7 + round);
    row[3] = wire::real_value(static_cast<double>(id) / 3);
    row[4] = wire::text_value("forty-one bytes of text in every row, yes");
    if (round != 0) row[0].same = row[1].same = row[3].same = row[4].same = true;
  }

  core::ChangeSet finish(wire::RowWriter& writer) {
    core::ChangeSet change;
    change.origin = kOrigin;
    change.seq = ++seq_;
    change.hlc = core::Hlc::at(1'700'000'000'000 + seq_);
    change.rows = SharedBytes(writer.take());
    return change;
  }

  Seq seq_ = 0;
  std::vector<wire::Value> before_;
  std::vector<wire::Value> after_;
};

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "apply_bench: {}\n", message);
  std::exit(1);
}

void apply(Database& database, std::span<const core::ChangeSet> changes) {
  const auto report = database.apply(changes);
  if (!report.ok()) fail(report.error().message);
  if (!report->failures.empty()) fail(report->failures.front().message);
}

void bulk(Database& database, Author& author, row_stream::Item op, const char* name, std::int64_t rows) {
  constexpr std::int64_t kRowsPerRecord = 10'000;
  std::vector<core::ChangeSet> changes;
  for (std::int64_t first = 0; first < rows; first += kRowsPerRecord) {
    changes.push_back(author.rows(op, first, std::min(kRowsPerRecord, rows - first)));
  }
  const auto start = std::chrono::steady_clock::now();
  for (const core::ChangeSet& change : changes) apply(database, std::span(&change, 1));
  const double seconds = seconds_since(start);
  fmt::print("{:<24}{:>12.0f} rows/s\n", name, static_cast<double>(rows) / seconds);
}

void single(Database& database, Author& author, row_stream::Item op, const char* name, std::int64_t first,
            std::int64_t rows) {
  std::vector<core::ChangeSet> changes;
  for (std::int64_t i = 0; i < rows; ++i) changes.push_back(author.rows(op, first + i, 1));
  const auto start = std::chrono::steady_clock::now();
  std::span<const core::ChangeSet> rest(changes);
  while (!rest.empty()) {
    const std::size_t count = std::min(kPerApply, rest.size());
    apply(database, rest.first(count));
    rest = rest.subspan(count);
  }
  const double seconds = seconds_since(start);
  fmt::print("{:<24}{:>12.0f} transactions/s\n", name, static_cast<double>(rows) / seconds);
}

template <typename Then>
void time_open(const std::string& path, const Options& options, const char* name, Then then) {
  const auto start = std::chrono::steady_clock::now();
  const auto opened = Database::open(path, options);
  if (!opened.ok()) fail(opened.error().message);
  fmt::print("{:<24}{:>12.0f} ms\n", name, seconds_since(start) * 1'000);
  then(**opened);
}

Load parse(int argc, char** argv) {
  Load load;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--index") {
      load.index = true;
    } else if (argument == "--rows" && i + 1 < argc) {
      load.rows = std::atoll(argv[++i]);
    } else if (argument == "--folder" && i + 1 < argc) {
      load.folder = argv[++i];
    } else {
      fail("usage: apply_bench [--rows N] [--folder DIR] [--index]");
    }
  }
  return load;
}

void run(const Load& load) {
  const std::string path = load.folder + "/murmel_apply_bench.db";
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  Options options;
  options.node = 2;
  auto opened = Database::open(path, options);
  if (!opened.ok()) fail(opened.error().message);
  Database& database = **opened;
  Author author;
  const core::ChangeSet schema = author.schema(load.index);
  apply(database, std::span(&schema, 1));
  bulk(database, author, row_stream::kInsert, "bulk insert", load.rows);
  bulk(database, author, row_stream::kUpdate, "bulk update", load.rows);
  const std::int64_t singles = load.rows / 5;
  single(database, author, row_stream::kInsert, "single-row insert", load.rows, singles);
  single(database, author, row_stream::kUpdate, "single-row update", load.rows, singles);
  bulk(database, author, row_stream::kDelete, "bulk delete", load.rows);
  const core::Hlc clock = database.state()->clock;
  opened = Error{ErrorCode::kNotFound, "closed"};
  time_open(path, options, "open, nothing settled", [&](Database& again) {
    // What every member has needs no version: as the log is most of the time.
    if (!again.set_watermark({clock, {}}).ok()) fail("watermark");
    const core::ChangeSet last = author.rows(row_stream::kInsert, load.rows * 2, 1);
    apply(again, std::span(&last, 1));
  });
  time_open(path, options, "open, all settled", [](Database& /*again*/) {});
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
}

}  // namespace
}  // namespace murmel::store

int main(int argc, char** argv) {
  murmel::store::run(murmel::store::parse(argc, argv));
  return 0;
}
