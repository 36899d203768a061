#include "agent/service/catalog_entries.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <memory>

namespace murmel::service {
namespace {

const std::string kId = "2f1c9a34-0000-4000-8000-000000000001";

// The catalog after these statements, as SQLite keeps it.
Catalog after(const std::string& sql) {
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(":memory:", &raw) == SQLITE_OK);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db(raw, &sqlite3_close);
  REQUIRE(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  std::vector<store::SchemaText> objects;
  const auto add = [](void* list, int, char** values, char**) {
    static_cast<std::vector<store::SchemaText>*>(list)->push_back({values[0], values[1], values[2]});
    return 0;
  };
  REQUIRE(sqlite3_exec(raw, "SELECT type, name, sql FROM sqlite_schema", add, &objects, nullptr) ==
          SQLITE_OK);
  return read_catalog(objects);
}

}  // namespace

TEST_CASE("what was made and dropped is read back") {
  const Uuid id = Uuid::parse(kId).value();
  const std::string made = sql_to_create("shop", id, 5, 3) + ";";
  CHECK(after(made).live == std::map<std::string, CatalogEntry>{{"shop", {kId, false, false}}});
  const Catalog dropped = after(made + sql_to_drop("shop", kId, true));
  CHECK(dropped.live.empty());
  CHECK(dropped.dropped == std::map<std::string, CatalogEntry>{{"shop", {kId, true, true}}});
  const Catalog again = after(made + sql_to_drop("shop", kId, false) + ";" + made);
  CHECK(again.live.size() == 1);
  CHECK(again.dropped.empty());
}

TEST_CASE("views that are none of ours are passed over") {
  CHECK(after("CREATE VIEW shop AS SELECT 1; CREATE TABLE t(a); CREATE VIEW \"../up\" AS SELECT '" + kId +
              "' AS id")
            .live.empty());
}

TEST_CASE("names that lead elsewhere, or are somebody's own, can't be made") {
  for (const char* name : {"shop", "a", "9", "a.b-c_d", "_x"}) CHECK(check_new_name(name).ok());
  for (const std::string& name : std::vector<std::string>{
           "", ".", "..", "../up", "/tmp/x", "a/b", ".hidden", "-x", "a b", "a@b", "a\"b", "Shop", "sqlite_x",
           "__murmel_x", "murmel.catalog", std::string("a\0b", 3), std::string(65, 'x'), "caf\xc3\xa9"}) {
    CHECK(!check_new_name(name).ok());
  }
}

}  // namespace murmel::service
