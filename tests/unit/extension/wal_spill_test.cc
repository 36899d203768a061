// Transactions that do not fit SQLite's cache, so that their pages go to the WAL before the commit, are read
// back from there and written again, with the library and without: the same rows at each commit, also for who
// reads the files as they are at any moment.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <filesystem>
#include <random>
#include <string>

namespace {

namespace fs = std::filesystem;

constexpr char kState[] =
    "SELECT count(*) || ' ' || coalesce(sum(id * length(body) + a), 0) || ' ' || "
    "coalesce(max(substr(hex(body), 1, 40)), '') FROM t";

std::string value(sqlite3* db, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  INFO(sql);
  REQUIRE(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
  std::string text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  sqlite3_finalize(statement);
  return text;
}

class Side {
 public:
  explicit Side(std::string path) : path_(std::move(path)) {
    REQUIRE(sqlite3_open(path_.c_str(), &db_) == SQLITE_OK);
    run("PRAGMA page_size=512; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=8;"
        "PRAGMA wal_autocheckpoint=300; CREATE TABLE t(id INTEGER PRIMARY KEY, a, body); CREATE INDEX ta ON "
        "t(a)");
  }
  ~Side() { CHECK(sqlite3_close(db_) == SQLITE_OK); }
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;
  void run(const std::string& sql) const {
    char* error = nullptr;
    const int rc = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &error);
    INFO(sql, ": ", (error == nullptr ? "" : error));
    REQUIRE(rc == SQLITE_OK);
  }
  void load() const {
    REQUIRE(sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_load_extension(db_, MURMEL_LIBRARY, nullptr, nullptr) == SQLITE_OK);
    run("SELECT murmel_enable()");
  }
  std::string state() const { return value(db_, kState); }
  // As another connection sees it.
  std::string committed() const { return state_of(path_); }
  // As it would be found after a crash now. (Reading the files here drops SQLite's locks, which nobody else
  // asks for.)
  std::string recovered() const {
    const std::string copy = path_ + "-copy";
    for (const char* suffix : {"", "-wal"}) {
      fs::copy_file(path_ + suffix, copy + suffix, fs::copy_options::overwrite_existing);
    }
    fs::remove(copy + "-shm");
    return state_of(copy);
  }

 private:
  static std::string state_of(const std::string& path) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    sqlite3_exec(db, "PRAGMA wal_autocheckpoint=0", nullptr, nullptr, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    CHECK(value(db, "PRAGMA integrity_check") == "ok");
    std::string found = value(db, kState);
    sqlite3_close(db);
    return found;
  }

  std::string path_;
  sqlite3* db_ = nullptr;
};

// SQLite 3.40.1 itself writes wrong checksums into the WAL after a page that was in it was written again in a
// transaction, or part of one, that is rolled back, so that the next commits are lost if the machine fails;
// 3.53 does not.
bool may_roll_back() {
  return sqlite3_libversion_number() >= 3'053'000;
}

// One statement of a transaction, of a few rows or of many.
std::string statement(std::mt19937& random) {
  const auto below = [&random](unsigned n) { return std::to_string(random() % n); };
  const std::string some = std::to_string(random() % 3 == 0 ? 40 : 2);
  switch (random() % 8) {
    case 0:
    case 1:
    case 2:
      return "WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT " + some +
             ") INSERT INTO t(a, body) " + "SELECT i * " + below(90) + ", replace(hex(zeroblob(" +
             below(900) + ")), '00', '" + below(9) + "') FROM n";
    case 3: return "UPDATE t SET a = a + 1 WHERE id % " + some + " = " + below(2);
    case 4:
      return "UPDATE t SET body = body || '" + below(1000) + "' WHERE id BETWEEN " + below(300) + " AND 320";
    case 5: return "DELETE FROM t WHERE id % 23 = " + below(23);
    case 6:
      if (may_roll_back()) return "SAVEPOINT s; UPDATE t SET a = -a; ROLLBACK TO s; RELEASE s";
      [[fallthrough]];
    default: return "SAVEPOINT s; INSERT INTO t(a, body) SELECT a, 'x' FROM t LIMIT " + some + "; RELEASE s";
  }
}

TEST_CASE("transactions larger than the cache leave what they leave without the library") {
  std::string directory = fs::temp_directory_path() / "murmel-spill-XXXXXX";
  REQUIRE(mkdtemp(directory.data()) != nullptr);
  {
    const Side plain(directory + "/plain.db");
    const Side captured(directory + "/captured.db");
    captured.load();
    std::mt19937 random(7);
    std::string before = plain.state();
    for (int i = 0; i < 40; ++i) {
      CAPTURE(i);
      plain.run("BEGIN");
      captured.run("BEGIN");
      for (auto n = random() % 12; n > 0; --n) {
        const std::string sql = statement(random);
        plain.run(sql);
        captured.run(sql);
        REQUIRE(captured.state() == plain.state());
        if (random() % 8 == 0) REQUIRE(captured.recovered() == before);
      }
      const char* const end = random() % 4 == 0 && may_roll_back() ? "ROLLBACK" : "COMMIT";
      plain.run(end);
      captured.run(end);
      before = plain.state();
      REQUIRE(captured.committed() == before);
      REQUIRE(captured.recovered() == before);
    }
  }
  fs::remove_all(directory);
}

}  // namespace
