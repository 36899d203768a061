#include "tests/bench/capture_ways.h"

#include "tests/capture/load_extension.h"

namespace murmel::bench {
namespace {

using capture_test::Database;
using capture_test::prepare;
using capture_test::query;

void run(sqlite3* db, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    capture_test::harness_failure(std::string(sqlite3_errmsg(db)) + " in: " + sql);
  }
}

class Plain : public Way {
 public:
  Database open(const std::string& path) override { return open_plain(path); }
  void begin(sqlite3* db) override { run(db, "BEGIN"); }
  void commit(sqlite3* db) override { run(db, "COMMIT"); }
};

// The least that a log in the same transaction can cost: a trigger that writes one row, of the size of our
// record of one row, into another table.
class AuditRow : public Plain {
 public:
  Database open(const std::string& path) override {
    Database db = open_plain(path);
    run(db.get(), "CREATE TABLE audit(id INTEGER PRIMARY KEY, record BLOB)");
    trigger(db.get(), "INSERT");
    trigger(db.get(), "UPDATE");
    return db;
  }

 private:
  static void trigger(sqlite3* db, const std::string& event) {
    const std::string record = "x'" + std::string(2 * 150, '7') + "'";
    const std::string sql = "CREATE TRIGGER audit_" + event + " AFTER " + event + " ON t BEGIN" +
                            " INSERT INTO audit(record) VALUES(" + record + "); END";
    run(db, sql.c_str());
  }
};

Database open_with_extension(const std::string& path, const std::string& extension) {
  Database db = open_plain(path);
  const std::string error = capture_test::load_extension(db.get(), extension);
  if (!error.empty()) capture_test::harness_failure(error);
  return db;
}

// Our hook: the connection has the extension.
class Hook : public Plain {
 public:
  explicit Hook(std::string extension) : extension_(std::move(extension)) {}
  Database open(const std::string& path) override {
    Database db = open_with_extension(path, extension_);
    query(db.get(), "SELECT murmel_enable()");
    return db;
  }

 private:
  std::string extension_;
};

// Our triggers, fired by a connection that knows nothing of us.
class Triggers : public Plain {
 public:
  explicit Triggers(std::string extension) : extension_(std::move(extension)) {}
  Database open(const std::string& path) override {
    {
      const Database db = open_with_extension(path, extension_);
      query(db.get(), "SELECT murmel_enable()");
      query(db.get(), "UPDATE __murmel_meta SET value = 'capture' WHERE key = 'out_of_band'");
      query(db.get(), "SELECT murmel_enable()");
      if (query(db.get(), "SELECT 1 FROM sqlite_schema WHERE name = '__murmel_wide'").empty()) {
        capture_test::harness_failure("no triggers were made");
      }
    }
    return open_plain(path);
  }

 private:
  std::string extension_;
};

// As the first Marmot did it: a typed log table per table, a global one for the order, both filled by
// triggers.
class PerTableLog : public Plain {
 public:
  Database open(const std::string& path) override {
    Database db = open_plain(path);
    run(db.get(),
        "CREATE TABLE t_change_log(id INTEGER PRIMARY KEY AUTOINCREMENT, val_id INTEGER, val_k TEXT, val_a "
        "INT, val_b REAL,"
        " val_c TEXT, type TEXT, created_at INTEGER, state INTEGER);"
        "CREATE INDEX t_change_log_state ON t_change_log(state);"
        "CREATE TABLE global_change_log(id INTEGER PRIMARY KEY AUTOINCREMENT, change_table_id INTEGER, "
        "table_name TEXT);"
        "CREATE UNIQUE INDEX global_change_log_table ON global_change_log(change_table_id, table_name);");
    trigger(db.get(), "INSERT", "new");
    trigger(db.get(), "UPDATE", "new");
    trigger(db.get(), "DELETE", "old");
    return db;
  }

 private:
  static void trigger(sqlite3* db, const std::string& event, const std::string& row) {
    const std::string sql =
        "CREATE TRIGGER t_on_" + event + " AFTER " + event +
        " ON t BEGIN INSERT INTO t_change_log(val_id, val_k, val_a," +
        " val_b, val_c, type, created_at, state) VALUES(" + row + ".id, " + row + ".k, " + row + ".a, " +
        row + ".b, " + row + ".c, '" + event +
        "', CAST((strftime('%s', 'now') || substr(strftime('%f', 'now'), 4)) AS INT), 0);" +
        " INSERT INTO global_change_log(change_table_id, table_name) VALUES(last_insert_rowid(), 't'); END";
    run(db, sql.c_str());
  }
};

// SQLite's session extension: the changeset of each transaction is stored before it commits.
class Session : public Way {
 public:
  Database open(const std::string& path) override {
    Database db = open_plain(path);
    run(db.get(), "CREATE TABLE session_log(id INTEGER PRIMARY KEY, changeset BLOB)");
    insert_ = prepare(db.get(), "INSERT INTO session_log(changeset) VALUES(?1)");
    return db;
  }
  void begin(sqlite3* db) override {
    run(db, "BEGIN");
    check(sqlite3session_create(db, "main", &session_));
    check(sqlite3session_attach(session_, "t"));
  }
  void commit(sqlite3* db) override {
    int size = 0;
    void* changeset = nullptr;
    check(sqlite3session_changeset(session_, &size, &changeset));
    sqlite3session_delete(session_);
    sqlite3_bind_blob(insert_.get(), 1, changeset, size, SQLITE_STATIC);
    sqlite3_step(insert_.get());
    sqlite3_reset(insert_.get());
    sqlite3_free(changeset);
    run(db, "COMMIT");
  }
  bool commits_by_itself() const override { return false; }
  void close() override { insert_.reset(); }

 private:
  static void check(int rc) {
    if (rc != SQLITE_OK) capture_test::harness_failure("session extension: " + std::to_string(rc));
  }

  sqlite3_session* session_ = nullptr;
  capture_test::Statement insert_;
};

}  // namespace

Database open_plain(const std::string& path) {
  Database db = capture_test::open_database(path);
  query(db.get(), "PRAGMA journal_mode = WAL");
  query(db.get(), "PRAGMA synchronous = NORMAL");
  return db;
}

std::vector<NamedWay> all_ways(const std::string& extension) {
  std::vector<NamedWay> ways;
  ways.push_back({"plain SQLite", std::make_unique<Plain>()});
  ways.push_back({"one audit row", std::make_unique<AuditRow>()});
  ways.push_back({"Murmel, hook", std::make_unique<Hook>(extension)});
  ways.push_back({"Murmel, triggers", std::make_unique<Triggers>(extension)});
  ways.push_back({"log table per table", std::make_unique<PerTableLog>()});
  ways.push_back({"session extension", std::make_unique<Session>()});
  return ways;
}

}  // namespace murmel::bench
