#include "extension/shadow_tables.h"
#include "extension/table_info.h"
#include "tests/unit/extension/memory_database.h"

namespace murmel::extension {
namespace {

using test::MemoryDatabase;

std::string columns(const TableInfo& table) {
  std::string text;
  for (const ColumnInfo& column : table.columns) {
    text += std::string(column.name) + "@" + std::to_string(column.slot) + "/" +
            std::to_string(column.key_ordinal) + (column.real ? "r" : "") + " ";
  }
  return text;
}

TableInfo* load(const MemoryDatabase& db, const char* name, TableInfo& table,
                bool slots_count_virtual = true) {
  Fault fault;
  REQUIRE(load_table(db.get(), "main", name, slots_count_virtual, table, fault) == SQLITE_OK);
  return &table;
}

}  // namespace

TEST_CASE("generated columns are left out, and slots count virtual ones or not") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(a INTEGER PRIMARY KEY, v AS (a+1) VIRTUAL, s AS (a+2) STORED, b REAL)");
  TableInfo counted;
  CHECK(columns(*load(db, "t", counted)) == "a@0/1 b@3/0r ");
  TableInfo stored_only;
  CHECK(columns(*load(db, "t", stored_only, false)) == "a@0/1 b@2/0r ");
  CHECK(counted.slots == 4);
}

TEST_CASE("REAL affinity is told from the declared type as SQLite does") {
  const MemoryDatabase db;
  db.run("CREATE TABLE t(a FLOATING, b \"FLOAT POINT\", c DOUBLE, d DECIMAL, e \"CHAR REAL\", f BLOB, g)");
  TableInfo table;
  CHECK(columns(*load(db, "t", table)) == "a@0/0r b@1/0 c@2/0r d@3/0 e@4/0 f@5/0 g@6/0 ");
}

TEST_CASE("kinds of tables") {
  const MemoryDatabase db;
  db.run(
      "CREATE TABLE heap(a, b);"
      "CREATE TABLE keyed(a TEXT COLLATE NOCASE, b TEXT COLLATE RTRIM, PRIMARY KEY(b, a));"
      "CREATE TABLE tree(a, b, PRIMARY KEY(a)) WITHOUT ROWID");
  TableInfo heap;
  CHECK(load(db, "heap", heap)->flags == row_stream::kHasRowid);
  TableInfo keyed;
  CHECK(load(db, "keyed", keyed)->flags == row_stream::kHasKey);
  CHECK(keyed.columns[0].key_ordinal == 2);
  CHECK(keyed.columns[0].collation == row_stream::kNocase);
  CHECK(keyed.columns[1].collation == row_stream::kRtrim);
  TableInfo tree;
  CHECK(load(db, "tree", tree)->flags == (row_stream::kHasKey | row_stream::kWithoutRowid));
}

TEST_CASE("shadow tables of known modules are known, content tables are marked") {
  const MemoryDatabase db;
  db.run(
      "CREATE VIRTUAL TABLE \"using f\" USING fts5(x); CREATE VIRTUAL TABLE r USING rtree(id, a, b);"
      "CREATE TABLE r_mine(a); CREATE TABLE other_node(a)");
  const auto skip = [&](const char* name) {
    TableInfo table;
    return load(db, name, table)->skip;
  };
  CHECK(skip("using f_data") == Skip::kShadow);
  CHECK(skip("r_node") == Skip::kShadow);
  CHECK(skip("r_mine") == Skip::kCaptured);
  CHECK(skip("other_node") == Skip::kCaptured);
  TableInfo content;
  CHECK((load(db, "using f_content", content)->flags & row_stream::kShadowContent) != 0);
}

TEST_CASE("our own tables and SQLite's are internal; a table that is not there is not found") {
  CHECK(is_internal_name("__murmel_log"));
  CHECK(is_internal_name("sqlite_stat1"));
  CHECK_FALSE(is_internal_name("_murmel_log"));
  const MemoryDatabase db;
  TableInfo table;
  Fault fault;
  CHECK(load_table(db.get(), "main", "nothing", true, table, fault) == SQLITE_NOTFOUND);
  CHECK_FALSE(fault.set());
}

TEST_CASE("only an INTEGER PRIMARY KEY is the rowid") {
  const MemoryDatabase db;
  db.run(
      "CREATE TABLE alias(b, a INTEGER PRIMARY KEY);"
      "CREATE TABLE also(a INTEGER, PRIMARY KEY(a));"
      "CREATE TABLE quirk(a INTEGER PRIMARY KEY DESC);"
      "CREATE TABLE other(a INT PRIMARY KEY);"
      "CREATE TABLE two(a INTEGER, b INTEGER, PRIMARY KEY(a, b));"
      "CREATE TABLE tree(a INTEGER PRIMARY KEY) WITHOUT ROWID;"
      "CREATE TABLE heap(a INTEGER)");
  const auto rowid_column = [&db](const char* name) {
    TableInfo table;
    return load(db, name, table)->rowid_column;
  };
  CHECK(rowid_column("alias") == 1);
  CHECK(rowid_column("also") == 0);
  for (const char* name : {"quirk", "other", "two", "tree", "heap"}) CHECK(rowid_column(name) == kNoColumn);
}

}  // namespace murmel::extension
