#include "agent/accounts/accounts.h"

#include <doctest/doctest.h>

#include "agent/accounts/describe.h"

namespace murmel::accounts {
namespace {

const Peer kFar{"10.0.3.7", false};
const Peer kHere{"127.0.0.1", true};

Rows users(std::initializer_list<AccountId> ids) {
  Rows rows;
  for (const AccountId& id : ids) rows.users[id].verifier = quoted(id);
  return rows;
}

void grant(Rows& rows, const AccountId& id, PrivilegeSet set, const std::string& database = {},
           const std::string& table = {}) {
  for (int i = 0; i < kPrivileges; ++i) {
    if (set.has(static_cast<Privilege>(i))) {
      rows.grants.insert({id, database, table, static_cast<Privilege>(i)});
    }
  }
}

std::string who(const Accounts& accounts, const char* user, const Peer& peer) {
  const auto login = accounts.login(user, peer);
  return login.has_value() ? quoted(login->id) : "nobody";
}

TEST_CASE("the most specific host is asked first, then the named user") {
  const Accounts accounts(users({{"app", "%"}, {"app", "10.0.%"}, {"", "10.0.3.7"}, {"root", "localhost"}}),
                          {});
  CHECK(who(accounts, "app", kFar) == "''@'10.0.3.7'");
  CHECK(who(accounts, "app", Peer{"10.0.9.9", false}) == "'app'@'10.0.%'");
  CHECK(who(accounts, "app", kHere) == "'app'@'%'");
  CHECK(who(accounts, "other", kHere) == "nobody");
  CHECK(who(accounts, "root", kFar) == "''@'10.0.3.7'");
}

TEST_CASE("root of the configuration is in force until the rows have a root that may do everything") {
  Rows rows = users({{"root", "%"}});
  const Bootstrap with_password{"secret", false};
  const Accounts before(rows, with_password);
  CHECK(before.bootstrapped());
  CHECK(before.login("root", kFar)->user.verifier == "secret");
  CHECK(before.global(with_password.id()).has(Privilege::kSuper));
  grant(rows, {"root", "%"}, grantable(Level::kGlobal));
  const Accounts after(rows, with_password);
  CHECK(!after.bootstrapped());
  CHECK(after.login("root", kFar)->user.verifier == "'root'@'%'");
}

TEST_CASE("without a password root comes from this machine, and only if the configuration says so") {
  CHECK(who(Accounts({}, {"", true}), "root", kHere) == "'root'@'localhost'");
  CHECK(who(Accounts({}, {"", true}), "root", kFar) == "nobody");
  CHECK(who(Accounts({}, {"", false}), "root", kHere) == "nobody");
}

TEST_CASE("of several patterns for a database the most specific one counts alone") {
  const AccountId id{"app", "%"};
  Rows rows = users({id});
  grant(rows, id, Privilege::kSelect, "%");
  grant(rows, id, PrivilegeSet(Privilege::kSelect) | Privilege::kInsert, "app\\_%");
  grant(rows, id, Privilege::kUpdate, "app\\_1");
  grant(rows, id, Privilege::kDelete, "app_1", "t");
  grant(rows, id, Privilege::kProcess);
  const Accounts accounts(rows, {});
  CHECK(accounts.on_database(id, "shop") == (PrivilegeSet(Privilege::kSelect) | Privilege::kProcess));
  CHECK(accounts.on_database(id, "app_2").has(Privilege::kInsert));
  CHECK(!accounts.on_database(id, "app_1").has(Privilege::kSelect));
  CHECK(accounts.on_table(id, "app_1", "t").has_all(PrivilegeSet(Privilege::kDelete) | Privilege::kUpdate));
  CHECK(!accounts.on_table(id, "app_1", "u").has(Privilege::kDelete));
}

TEST_CASE("a database is seen by who has anything in it") {
  const AccountId id{"app", "%"};
  Rows rows = users({id});
  grant(rows, id, Privilege::kSelect, "shop", "t");
  grant(rows, id, Privilege::kProcess);
  const Accounts accounts(rows, {});
  CHECK(accounts.sees_database(id, "shop"));
  CHECK(!accounts.sees_database(id, "shop2"));
  CHECK(!accounts.sees_database({"gone", "%"}, "shop"));
  CHECK(accounts.on_table({"gone", "%"}, "shop", "t").empty());
}

TEST_CASE("grants are shown as the statements that would make them") {
  const AccountId id{"app", "10.%"};
  Rows rows = users({id});
  grant(rows, id, grantable(Level::kDatabase), "shop");
  grant(rows, id, PrivilegeSet(Privilege::kSelect) | Privilege::kInsert, "a`b", "t");
  const std::vector<std::string> lines = grant_statements(Accounts(rows, {}), id);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "GRANT USAGE ON *.* TO `app`@`10.%`");
  CHECK(lines[1] == "GRANT ALL PRIVILEGES ON `shop`.* TO `app`@`10.%` WITH GRANT OPTION");
  CHECK(lines[2] == "GRANT SELECT, INSERT ON `a``b`.`t` TO `app`@`10.%`");
}

TEST_CASE("a user is shown as the statement that would make it") {
  const UserRow user{kNativePlugin, "*AB'C", true};
  const std::string text = create_user_statement({"a", "%"}, user);
  CHECK(text.starts_with(
      "CREATE USER `a`@`%` IDENTIFIED WITH 'mysql_native_password' AS '*AB''C' REQUIRE NONE"));
  CHECK(text.find("ACCOUNT LOCK") != std::string::npos);
}

}  // namespace
}  // namespace murmel::accounts
