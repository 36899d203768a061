// Statements are given as their parsed form, which tests/golden/sql/session.txt shows to come from MySQL's
// text.
#include "agent/accounts/change.h"

#include <doctest/doctest.h>

#include "agent/accounts/describe.h"
#include "agent/mysql/passwords.h"

namespace murmel::accounts {
namespace {

using sql::AccountCommand;
using What = AccountCommand::What;

struct World {
  Rows rows;
  Bootstrap bootstrap{"kept", false};
  Client client{{"root", "%"}, "root", "10.0.0.1"};
  std::string database;

  // What a client is told: the error, the notes, or "ok".
  std::string run(const AccountCommand& command) {
    const Author author{client, database, [] { return std::string(20, 's'); }};
    auto done = change(command, author, Accounts(rows, bootstrap), &rows);
    if (!done.ok()) return std::to_string(done.error().number) + " " + done.error().message;
    std::string text;
    for (const Note& note : *done) text += std::to_string(note.number) + " " + note.message + ";";
    return text.empty() ? "ok" : text;
  }
  Accounts accounts() const { return {rows, bootstrap}; }
};

sql::Account named(const char* user, const char* host = "%") {
  sql::Account account;
  account.user = user;
  account.host = host;
  return account;
}

sql::Account with_password(sql::Account account, const char* password, const char* plugin = "") {
  account.has_password = true;
  account.password = password;
  account.plugin = plugin;
  return account;
}

AccountCommand users(What what, std::vector<sql::Account> accounts, bool if_it_fits = false) {
  AccountCommand command;
  command.what = what;
  command.accounts = std::move(accounts);
  command.if_exists = command.if_not_exists = if_it_fits;
  return command;
}

AccountCommand grants(What what, std::initializer_list<const char*> privileges, const char* database,
                      const char* table, sql::Account to, bool option = false) {
  AccountCommand command = users(what, {std::move(to)});
  for (const char* name : privileges) command.privileges.push_back({name, {}});
  command.database = database;
  command.table = table;
  command.grant_option = option;
  return command;
}

TEST_CASE("a user is made with a password of either plugin") {
  World world;
  CHECK(world.run(users(What::kCreateUser, {with_password(named("a"), "x"),
                                            with_password(named("b"), "x", kNativePlugin)})) == "ok");
  CHECK(mysql::sha2_password_fits("x", world.rows.users[{"a", "%"}].verifier));
  CHECK(world.rows.users[{"b", "%"}].verifier == mysql::native_verifier("x"));
  CHECK(world.run(users(What::kCreateUser, {with_password(named("c"), "x", "sha256_password")})) ==
        "1524 Plugin 'sha256_password' is not loaded");
  sql::Account hashed = named("c");
  hashed.plugin = kNativePlugin;
  hashed.password_hash = "*nonsense";
  CHECK(world.run(users(What::kCreateUser, {hashed})) ==
        "1827 The password hash doesn't have the expected format.");
  hashed.password_hash = mysql::native_verifier("y");
  CHECK(world.run(users(What::kCreateUser, {hashed})) == "ok");
}

TEST_CASE("a statement on several users does all or nothing") {
  World world;
  CHECK(world.run(users(What::kCreateUser, {named("a")})) == "ok");
  CHECK(world.run(users(What::kCreateUser, {named("b"), named("a")})) ==
        "1396 Operation CREATE USER failed for 'a'@'%'");
  CHECK(!world.rows.users.contains({"b", "%"}));
  CHECK(world.run(users(What::kCreateUser, {named("b"), named("a")}, true)) ==
        "3163 Authorization ID 'a'@'%' already exists.;");
  CHECK(world.run(users(What::kDropUser, {named("a"), named("x"), named("y", "h")})) ==
        "1396 Operation DROP USER failed for 'x'@'%','y'@'h'");
  CHECK(world.run(users(What::kDropUser, {named("a"), named("x")}, true)) ==
        "3162 Authorization ID 'x'@'%' does not exist.;");
  CHECK(!world.rows.users.contains({"a", "%"}));
}

TEST_CASE("a user that is dropped or renamed takes its grants along") {
  World world;
  CHECK(world.run(users(What::kCreateUser, {named("a")})) == "ok");
  CHECK(world.run(grants(What::kGrant, {"SELECT"}, "shop", "*", named("a"))) == "ok");
  CHECK(world.run(users(What::kRenameUser, {named("a"), named("b", "localhost")})) == "ok");
  CHECK(world.accounts().on_database({"b", "localhost"}, "shop").has(Privilege::kSelect));
  CHECK(world.run(users(What::kRenameUser, {named("a"), named("c")})) ==
        "1396 Operation RENAME USER failed for 'a'@'%'");
  CHECK(world.run(users(What::kDropUser, {named("b", "localhost")})) == "ok");
  CHECK(world.rows.grants.empty());
}

TEST_CASE("root of the configuration gets a password of its own, and keeps its rights") {
  World world;
  CHECK(world.run(users(What::kCreateUser, {named("root")})) ==
        "1396 Operation CREATE USER failed for 'root'@'%'");
  CHECK(world.run(users(What::kDropUser, {named("root")})) ==
        "1396 Operation DROP USER failed for 'root'@'%'");
  sql::Account own;
  own.current = true;
  CHECK(world.run(users(What::kSetPassword, {with_password(own, "new")})) == "ok");
  const Accounts accounts = world.accounts();
  CHECK(!accounts.bootstrapped());
  CHECK(mysql::sha2_password_fits("new", accounts.login("root", {"10.0.0.1", false})->user.verifier));
  CHECK(accounts.global({"root", "%"}) == grantable(Level::kGlobal));
}

TEST_CASE("privileges are granted and taken at their level") {
  World world;
  CHECK(world.run(users(What::kCreateUser, {named("a")})) == "ok");
  const sql::Account a = named("a");
  CHECK(world.run(grants(What::kGrant, {"ALL PRIVILEGES"}, "shop", "*", a, true)) == "ok");
  CHECK(world.accounts().on_database({"a", "%"}, "shop") == grantable(Level::kDatabase));
  CHECK(world.run(grants(What::kRevoke, {"INSERT", "GRANT OPTION"}, "shop", "*", a)) == "ok");
  CHECK(!world.accounts().on_database({"a", "%"}, "shop").has(Privilege::kInsert));
  CHECK(world.run(grants(What::kGrant, {"PROCESS"}, "shop", "*", a)) ==
        "1221 Incorrect usage of DB GRANT and GLOBAL PRIVILEGES");
  CHECK(world.run(grants(What::kGrant, {"LOCK TABLES"}, "shop", "t", a)) ==
        "1144 Illegal GRANT/REVOKE command; please consult the manual to see which privileges can be used");
  CHECK(world.run(grants(What::kGrant, {"SELECT"}, "", "t", a)) == "1046 No database selected");
  world.database = "other";
  CHECK(world.run(grants(What::kGrant, {"SELECT"}, "", "t", a)) == "ok");
  CHECK(world.accounts().on_table({"a", "%"}, "other", "t").has(Privilege::kSelect));
  CHECK(world.run(grants(What::kGrant, {"SELECT"}, "shop", "*", named("nobody"))) ==
        "1410 You are not allowed to create a user with GRANT");
  CHECK(world.run(grants(What::kRevoke, {"SELECT"}, "gone", "*", a)) ==
        "1141 There is no such grant defined for user 'a' on host '%'");
  CHECK(world.run(grants(What::kRevoke, {"SELECT"}, "gone", "t", a)) ==
        "1147 There is no such grant defined for user 'a' on host '%' on table 't'");
  CHECK(world.run(users(What::kRevokeAll, {a})) == "ok");
  CHECK(world.rows.grants.empty());
}

TEST_CASE("one gives only what one has with GRANT OPTION") {
  World world;
  CHECK(world.run(users(What::kCreateUser, {named("boss"), named("a")})) == "ok");
  CHECK(world.run(grants(What::kGrant, {"SELECT"}, "shop", "*", named("boss"), true)) == "ok");
  world.client = {{"boss", "%"}, "boss", "h"};
  const sql::Account a = named("a");
  CHECK(world.run(grants(What::kGrant, {"SELECT"}, "shop", "*", a)) == "ok");
  CHECK(world.run(grants(What::kGrant, {"SELECT"}, "shop", "t", a)) == "ok");
  CHECK(world.run(grants(What::kGrant, {"INSERT"}, "shop", "*", a)) ==
        "1044 Access denied for user 'boss'@'%' to database 'shop'");
  CHECK(world.run(grants(What::kGrant, {"INSERT"}, "shop", "t", a)) ==
        "1142 INSERT command denied to user 'boss'@'h' for table 't'");
  CHECK(world.run(grants(What::kGrant, {"SELECT"}, "*", "*", a)) ==
        "1045 Access denied for user 'boss'@'%' (using password: YES)");
  CHECK(world.run(users(What::kCreateUser, {named("b")})) ==
        "1227 Access denied; you need (at least one of) the CREATE USER privilege(s) for this operation");
}

TEST_CASE("everybody sets the own password, and nobody without SUPER that of somebody who has it") {
  World world;
  CHECK(world.run(users(What::kCreateUser, {named("a"), named("creator"), named("admin")})) == "ok");
  CHECK(world.run(grants(What::kGrant, {"CREATE USER"}, "*", "*", named("creator"))) == "ok");
  CHECK(world.run(grants(What::kGrant, {"SUPER"}, "*", "*", named("admin"))) == "ok");
  world.client = {{"a", "%"}, "a", "h"};
  CHECK(world.run(users(What::kAlterUser, {with_password(named("a"), "x")})) == "ok");
  CHECK(world.run(users(What::kSetPassword, {with_password(named("admin"), "x")})).starts_with("1227 "));
  AccountCommand unlock = users(What::kAlterUser, {with_password(named("a"), "x")});
  unlock.lock = AccountCommand::Lock::kUnlock;
  CHECK(world.run(unlock).starts_with("1227 "));
  world.client = {{"creator", "%"}, "creator", "h"};
  CHECK(world.run(users(What::kAlterUser, {with_password(named("a"), "y")})) == "ok");
  CHECK(world.run(users(What::kAlterUser, {with_password(named("admin"), "y")})).starts_with("1227 "));
  CHECK(world.run(users(What::kDropUser, {named("admin")})).starts_with("1227 "));
  CHECK(world.run(users(What::kSetPassword, {with_password(named("nobody"), "y")})) ==
        "1133 Can't find any matching row in the user table");
}

TEST_CASE("what is not kept is refused") {
  World world;
  CHECK(world.run(users(What::kCreateUser, {named("a")})) == "ok");
  AccountCommand columns = grants(What::kGrant, {"SELECT"}, "shop", "t", named("a"));
  columns.privileges[0].columns = {"x"};
  CHECK(world.run(columns).starts_with("1235 "));
  CHECK(world.run(grants(What::kGrant, {"BACKUP_ADMIN"}, "*", "*", named("a"))).starts_with("1235 "));
  CHECK(world.run(users(What::kCreateUser, {named("a_name_that_is_longer_than_32_bytes")}))
            .starts_with("1470 "));
}

}  // namespace
}  // namespace murmel::accounts
