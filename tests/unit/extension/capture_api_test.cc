#include "extension/capture_api.h"

#include "agent/wire/row_reader.h"
#include "extension/wal_index.h"
#include "tests/unit/extension/memory_database.h"

namespace murmel::extension {
namespace {

using test::MemoryDatabase;

std::string objects(const MemoryDatabase& db) {
  return db.value("SELECT group_concat(name) FROM (SELECT name FROM sqlite_master ORDER BY name)");
}

// The items of the newest record, a word each: "create:t drop:i row:t".
std::string newest_items(const MemoryDatabase& db) {
  const std::string payload = db.value("SELECT payload FROM __murmel_log ORDER BY id DESC LIMIT 1");
  wire::RowReader reader(as_bytes(payload));
  std::string words;
  for (;;) {
    const auto item = reader.next();
    REQUIRE(item.ok());
    if (*item == wire::RowReader::Item::kEnd) return words;
    if (!words.empty()) words += ' ';
    if (*item == wire::RowReader::Item::kRow) {
      words += "row:" + std::string(reader.row().table->name);
      continue;
    }
    constexpr const char* kOps[] = {"", "create", "drop", "change", "rename"};
    words += std::string(kOps[reader.schema().op]) + ":" + std::string(reader.schema().name);
  }
}

std::string log_schema(const MemoryDatabase& db) {
  Fault fault;
  bool logged = false;
  REQUIRE(log_schema_changes(db.get(), "main", &logged, fault) == SQLITE_OK);
  return logged ? newest_items(db) : "";
}

void make_enabled(const MemoryDatabase& db) {
  Fault fault;
  REQUIRE(enable(db.get(), "main", fault) == SQLITE_OK);
}

}  // namespace

TEST_CASE("enable makes the tables once, disable removes every trace") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(a)");
  make_enabled(db);
  const std::string id = db.value("SELECT value FROM __murmel_meta WHERE key='database_id'");
  CHECK(id.size() == 32);
  make_enabled(db);
  CHECK(db.value("SELECT value FROM __murmel_meta WHERE key='database_id'") == id);
  Fault fault;
  REQUIRE(disable(db.get(), "main", fault) == SQLITE_OK);
  CHECK(objects(db) == "t");
  CHECK(disable(db.get(), "main", fault) == SQLITE_OK);
}

TEST_CASE("a database with content gets a baseline, an empty one does not") {
  const MemoryDatabase empty;
  make_enabled(empty);
  CHECK(empty.value("SELECT value FROM __murmel_meta WHERE key='baseline'") == "0");
  const MemoryDatabase full;
  full.run("CREATE TABLE t(a)");
  make_enabled(full);
  CHECK(full.value("SELECT value FROM __murmel_meta WHERE key='baseline'") == "1");
  CHECK(log_schema(full).empty());
}

TEST_CASE("an attached database is enabled by itself") {
  const MemoryDatabase db;
  db.run("ATTACH ':memory:' AS \"odd \"\"name\"");
  Fault fault;
  REQUIRE(enable(db.get(), "odd \"name", fault) == SQLITE_OK);
  CHECK(enabled(db.get(), "odd \"name"));
  CHECK_FALSE(enabled(db.get(), "main"));
}

TEST_CASE("a new table is logged with its rows") {
  const MemoryDatabase db;
  make_enabled(db);
  db.run("CREATE TABLE t AS SELECT 1 AS a UNION ALL SELECT 2; CREATE INDEX i ON t(a)");
  CHECK(log_schema(db) == "create:t row:t row:t create:i");
  CHECK(log_schema(db).empty());
}

TEST_CASE("a column added in place needs no rows") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  make_enabled(db);
  db.run("ALTER TABLE t ADD COLUMN b DEFAULT 7");
  CHECK(log_schema(db) == "change:t");
}

TEST_CASE("a renamed table keeps its rows") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(a); CREATE TABLE later(a); INSERT INTO t VALUES(1)");
  make_enabled(db);
  db.run("ALTER TABLE t RENAME TO u");
  CHECK(log_schema(db) == "rename:t");
  db.run("ALTER TABLE later RENAME TO latest");  // not the first one
  CHECK(log_schema(db) == "rename:later");
  CHECK(db.value("SELECT group_concat(name || '=' || identity) FROM __murmel_names WHERE times = 0") ==
        "latest=later,u=t");
}

TEST_CASE("a table dropped and made again with the same text is a new one") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(a); CREATE TABLE later(a); INSERT INTO t VALUES(1)");
  make_enabled(db);
  SUBCASE("behind others") {
    db.run("DROP TABLE t; CREATE TABLE t(a); INSERT INTO t VALUES(2)");
  }
  SUBCASE("at the same place") {
    db.run(
        "DROP TABLE later; DROP TABLE t; CREATE TABLE t(a); CREATE TABLE later(a); INSERT INTO t VALUES(2)");
  }
  CHECK(log_schema(db).find("drop:t create:t row:t") != std::string::npos);
}

TEST_CASE("a rebuild migration is the new table with its rows and its indexes") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(a); CREATE INDEX i ON t(a); INSERT INTO t VALUES(1)");
  make_enabled(db);
  db.run(
      "BEGIN; CREATE TABLE t_new(a, b); INSERT INTO t_new SELECT a, 2 FROM t; DROP TABLE t;"
      "ALTER TABLE t_new RENAME TO t; CREATE INDEX i ON t(a); COMMIT");
  CHECK(log_schema(db) == "drop:t create:t row:t drop:i create:i");
}

TEST_CASE("VACUUM is no schema change") {
  const MemoryDatabase db;
  db.run("CREATE TABLE gone(a); CREATE TABLE t(a); INSERT INTO t VALUES(1); DROP TABLE gone");
  make_enabled(db);
  db.run("VACUUM");
  CHECK(log_schema(db).empty());
}

TEST_CASE("shadow tables come with their virtual table") {
  const MemoryDatabase db;
  make_enabled(db);
  db.run("CREATE VIRTUAL TABLE f USING fts5(x)");
  CHECK(log_schema(db) == "create:f");
}

TEST_CASE("a schema that was adopted is not logged") {
  const MemoryDatabase db;
  make_enabled(db);
  db.run("CREATE TABLE t(a)");
  Fault fault;
  REQUIRE(adopt_schema(db.get(), "main", fault) == SQLITE_OK);
  CHECK(log_schema(db).empty());
}

TEST_CASE("a log that has gone is not made anew over the rest") {
  const MemoryDatabase db;
  make_enabled(db);
  db.run("DROP TABLE __murmel_log");
  Fault fault;
  CHECK(enable(db.get(), "main", fault) == SQLITE_CORRUPT);
  CHECK(std::string(fault.text).find("murmel_disable()") != std::string::npos);
  fault.clear();
  CHECK(disable(db.get(), "main", fault) == SQLITE_OK);
  CHECK(objects(db).empty());
}

TEST_CASE("there is no change counter without a wal-index") {
  const MemoryDatabase db;
  CHECK(WalIndex().change_counter(db.get(), "main") == -1);
}

}  // namespace murmel::extension
