#include "agent/service/account_table.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "tests/unit/service/temporary_folder.h"

namespace murmel::service {
namespace {

using accounts::AccountId;
using accounts::Privilege;

// A connection to a database of its own, as sessions have it.
struct Tables {
  test::TemporaryFolder folder;
  std::unique_ptr<store::ClientDatabase> database;

  Tables() {
    const std::string path = folder.file("accounts.db");
    sqlite3* file = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &file) == SQLITE_OK);
    REQUIRE(sqlite3_exec(file, "PRAGMA journal_mode = wal", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(file);
    auto opened = store::ClientDatabase::open(path, 1'000);
    REQUIRE(opened.ok());
    database = std::move(opened).value();
  }

  AccountTables read() {
    auto tables = read_accounts(*database);
    REQUIRE(tables.ok());
    return *tables;
  }

  void write(const AccountTables& before, const accounts::Rows& after) {
    REQUIRE(database->run("BEGIN IMMEDIATE").ok());
    REQUIRE(write_accounts(*database, before, after).ok());
    REQUIRE(database->run("COMMIT").ok());
  }
};

TEST_CASE("Accounts are read as they were written") {
  Tables tables;
  const AccountTables none = tables.read();
  CHECK(!none.made);
  const AccountId anna{"anna", "10.%"};
  accounts::Rows rows;
  rows.users[anna] = {accounts::kNativePlugin, "*1'2", true};
  rows.users[{"", "localhost"}] = {};
  rows.grants = {{anna, "", "", Privilege::kProcess}, {anna, "shop", "t", Privilege::kCreateTemporaryTables}};
  tables.write(none, rows);
  const AccountTables first = tables.read();
  CHECK(first.made);
  CHECK(first.rows.users == rows.users);
  CHECK(first.rows.grants == rows.grants);
  rows.users.erase({"", "localhost"});
  rows.users[anna].locked = false;
  rows.grants.erase({anna, "", "", Privilege::kProcess});
  tables.write(first, rows);
  CHECK(tables.read().rows.users == rows.users);
  CHECK(tables.read().rows.grants == rows.grants);
}

TEST_CASE("What came later is in tables of its own, made when it is needed") {
  Tables tables;
  const AccountId anna{"anna", "%"};
  accounts::Rows rows;
  rows.users[anna] = {};
  tables.write(tables.read(), rows);
  CHECK_FALSE(tables.read().collations_made);
  CHECK_FALSE(tables.read().tls_made);
  rows.users[anna].tls = true;
  rows.collations["shop"] = "utf8mb4_bin";
  tables.write(tables.read(), rows);
  CHECK(tables.read().rows.users == rows.users);
  CHECK(tables.read().rows.collations == rows.collations);
  rows.users[anna].tls = false;
  rows.collations = {{"app", "utf8mb4_general_ci"}};
  tables.write(tables.read(), rows);
  CHECK(tables.read().rows.users == rows.users);
  CHECK(tables.read().rows.collations == rows.collations);
}

TEST_CASE("A privilege that this version does not know stays as it is") {
  Tables tables;
  const AccountId anna{"anna", "%"};
  accounts::Rows rows;
  rows.users[anna] = {};
  tables.write(tables.read(), rows);
  REQUIRE(tables.database->run("INSERT INTO grants VALUES ('anna', '%', '', '', 'FLY')").ok());
  const AccountTables before = tables.read();
  CHECK(before.rows.grants.empty());
  rows.grants = {{anna, "", "", Privilege::kSelect}};
  tables.write(before, rows);
  std::string_view rest;
  auto kept = tables.database->prepare("SELECT count(*) FROM grants WHERE privilege = 'FLY'", &rest);
  REQUIRE(kept.ok());
  REQUIRE(kept->step().ok());
  CHECK(kept->value(0) == store::ClientValue(std::int64_t{1}));
}

}  // namespace
}  // namespace murmel::service
