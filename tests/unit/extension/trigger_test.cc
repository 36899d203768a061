#include "agent/wire/row_reader.h"
#include "extension/capture_api.h"
#include "tests/unit/extension/memory_database.h"

namespace murmel::extension {
namespace {

using test::MemoryDatabase;

void apply_settings(const MemoryDatabase& db, const std::string& out_of_band) {
  Fault fault;
  REQUIRE(enable(db.get(), "main", fault) == SQLITE_OK);
  db.run("UPDATE __murmel_meta SET value='" + out_of_band + "' WHERE key='out_of_band'");
  REQUIRE(install_triggers(db.get(), "main", fault) == SQLITE_OK);
}

std::string image(std::span<const wire::Value> values) {
  std::string text;
  for (const wire::Value& value : values) {
    if (!text.empty()) text += ',';
    if (value.tag == row_stream::kInt64) text += std::to_string(value.integer);
    if (value.tag == row_stream::kText) text += std::string(as_text(value.bytes));
  }
  return text;
}

// What the waiting rows become: "insert 1,a" "update 1,a -> 1,b" "delete 1,b", separated by "; ".
std::string converted(const MemoryDatabase& db) {
  Fault fault;
  std::int64_t rows = 0;
  const std::string records = db.value("SELECT count(*) FROM __murmel_log");
  REQUIRE(convert_wide_rows(db.get(), "main", &rows, fault) == SQLITE_OK);
  if (db.value("SELECT count(*) FROM __murmel_log") == records) return "";
  const std::string payload = db.value("SELECT payload FROM __murmel_log ORDER BY id DESC LIMIT 1");
  wire::RowReader reader(as_bytes(payload));
  std::string text;
  for (;;) {
    const auto item = reader.next();
    REQUIRE(item.ok());
    if (*item == wire::RowReader::Item::kEnd) return text;
    const wire::RowChange& row = reader.row();
    if (!text.empty()) text += "; ";
    text += row.op == row_stream::kInsert ? "insert " : row.op == row_stream::kUpdate ? "update " : "delete ";
    text += image(row.before);
    if (row.op == row_stream::kUpdate) text += " -> ";
    text += image(row.after);
  }
}

std::string triggers(const MemoryDatabase& db) {
  return db.value(
      "SELECT group_concat(name) FROM (SELECT name FROM sqlite_master WHERE type='trigger' ORDER BY rowid)");
}

}  // namespace

TEST_CASE("triggers write down inserts, updates and deletes in their order") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  apply_settings(db, "capture");
  db.run("INSERT INTO t VALUES(1,'a'),(2,'b'); UPDATE t SET a='c' WHERE id=1; DELETE FROM t WHERE id=2");
  CHECK(converted(db) == "insert 1,a; insert 2,b; update 1,a -> 1,c; delete 2,b");
  CHECK(converted(db).empty());
}

TEST_CASE("a row that REPLACE evicts becomes a delete with its image") {
  const MemoryDatabase db;
  db.run(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, b UNIQUE);"
      "INSERT INTO t VALUES(1,'a','x'),(2,'b','y')");
  apply_settings(db, "capture");
  db.run("INSERT OR REPLACE INTO t VALUES(3,'a','y')");
  CHECK(converted(db) == "delete 2,b,y; delete 1,a,x; insert 3,a,y");
  db.run("INSERT INTO t VALUES(4,'d','d'); UPDATE OR REPLACE t SET a='d' WHERE id=3");
  CHECK(converted(db) == "insert 4,d,d; delete 4,d,d; update 3,a,y -> 3,d,y");
}

TEST_CASE("a row that was only in the way of IGNORE or an upsert is not deleted") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE COLLATE NOCASE); INSERT INTO t VALUES(1,'a')");
  apply_settings(db, "capture");
  db.run("INSERT OR IGNORE INTO t VALUES(2,'A')");
  CHECK(converted(db).empty());
  db.run(
      "BEGIN; INSERT INTO t VALUES(2,'A') ON CONFLICT(a) DO UPDATE SET a='b';"
      "INSERT INTO t VALUES(3,'a'); DELETE FROM t WHERE id=1; INSERT INTO t VALUES(4,'B'); COMMIT");
  CHECK(converted(db) == "update 1,a -> 1,b; insert 3,a; delete 1,b; insert 4,B");
}

TEST_CASE("our triggers are renewed so that they stay the youngest, and not touched otherwise") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  apply_settings(db, "capture");
  const std::string before = db.value("PRAGMA schema_version");
  Fault fault;
  REQUIRE(install_triggers(db.get(), "main", fault) == SQLITE_OK);
  CHECK(db.value("PRAGMA schema_version") == before);
  db.run("CREATE TRIGGER app AFTER INSERT ON t BEGIN UPDATE t SET a=a||'!' WHERE id=new.id; END");
  REQUIRE(install_triggers(db.get(), "main", fault) == SQLITE_OK);
  CHECK(triggers(db).starts_with("app,"));
  db.run("INSERT INTO t VALUES(1,'a')");
  CHECK(converted(db) == "insert 1,a; update 1,a -> 1,a!");
}

TEST_CASE("rows waiting from before a schema change are told with the columns of then") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  apply_settings(db, "capture");
  db.run("INSERT INTO t VALUES(1,'a'); ALTER TABLE t RENAME TO u; INSERT INTO u VALUES(2,'b'); DROP TABLE u");
  CHECK(converted(db) == "insert 1,a; insert 2,b");
}

TEST_CASE("guards let nobody write who has not loaded the extension") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES(1,'a')");
  apply_settings(db, "refuse");
  for (const char* sql : {"INSERT INTO t VALUES(2,'b')", "UPDATE t SET a='b'", "DELETE FROM t"}) {
    CHECK(sqlite3_exec(db.get(), sql, nullptr, nullptr, nullptr) == SQLITE_ERROR);
    CHECK(std::string(sqlite3_errmsg(db.get())) == "no such function: murmel_extension_not_loaded");
  }
  CHECK(db.value("SELECT a FROM t") == "a");
}

TEST_CASE("the triggers and their tables go when no setting asks for them") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  apply_settings(db, "capture");
  apply_settings(db, "warn");
  CHECK(triggers(db).empty());
  CHECK(db.value("SELECT count(*) FROM sqlite_master WHERE name LIKE '%wide%' OR name LIKE '%shape%'") ==
        "0");
}

TEST_CASE("a damaged row in the wide table is an error with a sentence") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  apply_settings(db, "capture");
  db.run("INSERT INTO __murmel_wide(id,shape,op) VALUES(1,99,1)");
  Fault fault;
  std::int64_t rows = 0;
  CHECK(convert_wide_rows(db.get(), "main", &rows, fault) == SQLITE_CORRUPT);
  CHECK(std::string(fault.text).find("__murmel_wide") != std::string::npos);
}

}  // namespace murmel::extension
