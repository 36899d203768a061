// GRANT and REVOKE.
#include <fmt/format.h>

#include "agent/accounts/change_internal.h"

namespace murmel::accounts {
namespace {

// Where something is granted, and what.
struct Grants {
  std::string database;
  std::string table;
  PrivilegeSet privileges;
  Level level() const { return level_of(database, table); }
};

// What stands between GRANT and TO. Errors: 1046, 1144, 1221, 1235.
mysql::Answer<Grants> read_grants(const Changing& changing) {
  const sql::AccountCommand& command = changing.command;
  Grants grants;
  grants.database = command.database == "*" ? "" : command.database;
  grants.table = command.table == "*" ? "" : command.table;
  if (command.database.empty()) grants.database = changing.author.database;
  if (command.database.empty() && grants.database.empty()) return mysql::no_database();
  if (grants.level() == Level::kTable) grants.database = without_escapes(grants.database);
  const PrivilegeSet possible = grantable(grants.level());
  for (const sql::Privilege& privilege : command.privileges) {
    if (!privilege.columns.empty()) return mysql::not_supported("privileges on columns");
    if (privilege.name == "USAGE") continue;
    if (privilege.name == "ALL PRIVILEGES") {
      grants.privileges |= possible.without(Privilege::kGrantOption);
      continue;
    }
    const auto one = privilege_named(privilege.name);
    if (!one.has_value()) return mysql::not_supported("roles and dynamic privileges");
    if (!possible.has(*one) && grants.level() == Level::kDatabase) {
      return mysql::ClientError{1221, "HY000", "Incorrect usage of DB GRANT and GLOBAL PRIVILEGES"};
    }
    if (!possible.has(*one)) {
      return mysql::ClientError{
          1144, "42000",
          "Illegal GRANT/REVOKE command; please consult the manual to see which privileges can be used"};
    }
    grants.privileges |= *one;
  }
  if (command.grant_option) grants.privileges |= Privilege::kGrantOption;
  return grants;
}

// One gives, and takes, what one has with GRANT OPTION. Errors: 1044, 1045, 1142.
Refusal check_giver(const Changing& changing, const Grants& grants) {
  const Client& client = changing.author.client;
  const PrivilegeSet wanted = grants.privileges | Privilege::kGrantOption;
  switch (grants.level()) {
    case Level::kGlobal:
      if (changing.accounts.global(client.account).has_all(wanted)) return std::nullopt;
      return mysql::access_denied(client.account.user, client.account.host, true);
    case Level::kDatabase: return check_database(changing.accounts, client, wanted, grants.database);
    case Level::kTable: return check_table(changing.accounts, client, wanted, grants.database, grants.table);
  }
  return std::nullopt;
}

mysql::ClientError no_such_grant(const AccountId& id) {
  return {1141, "42000",
          fmt::format("There is no such grant defined for user '{}' on host '{}'", id.user, id.host)};
}

// Root of the configuration has everything already, and nothing of it is in the rows.
bool is_configured_root(const Changing& changing, const AccountId& id) {
  return changing.accounts.bootstrapped() && id == changing.accounts.bootstrap().id();
}

}  // namespace

Refusal grant(Changing& changing) {
  auto grants = read_grants(changing);
  if (!grants.ok()) return grants.error();
  if (auto refusal = check_giver(changing, *grants)) return refusal;
  for (const sql::Account& account : changing.command.accounts) {
    const AccountId id = account_named(account, changing.author.client);
    if (!changing.accounts.exists(id)) {
      return mysql::ClientError{1410, "42000", "You are not allowed to create a user with GRANT"};
    }
    if (is_configured_root(changing, id)) continue;
    for (int i = 0; i < kPrivileges; ++i) {
      const auto one = static_cast<Privilege>(i);
      if (grants->privileges.has(one)) {
        changing.rows->grants.insert({id, grants->database, grants->table, one});
      }
    }
  }
  return std::nullopt;
}

Refusal revoke(Changing& changing) {
  auto grants = read_grants(changing);
  if (!grants.ok()) return grants.error();
  if (auto refusal = check_giver(changing, *grants)) return refusal;
  for (const sql::Account& account : changing.command.accounts) {
    const AccountId id = account_named(account, changing.author.client);
    if (!changing.accounts.exists(id)) return no_such_grant(id);
    if (is_configured_root(changing, id)) {
      return mysql::not_supported("REVOKE from root of the configuration");
    }
    if (auto refusal = check_may_change(changing, id)) return refusal;
    const bool any = !granted_at(*changing.rows, id, grants->database, grants->table).empty();
    if (!any && grants->level() == Level::kDatabase) return no_such_grant(id);
    if (!any && grants->level() == Level::kTable) {
      return mysql::ClientError{
          1147, "42000",
          fmt::format("There is no such grant defined for user '{}' on host '{}' on table '{}'", id.user,
                      id.host, grants->table)};
    }
    std::erase_if(changing.rows->grants, [&](const GrantRow& row) {
      return row.account == id && row.database == grants->database && row.table == grants->table &&
             grants->privileges.has(row.privilege);
    });
  }
  return std::nullopt;
}

Refusal revoke_all(Changing& changing) {
  for (const sql::Account& account : changing.command.accounts) {
    const AccountId id = account_named(account, changing.author.client);
    if (!changing.rows->users.contains(id)) {
      return mysql::ClientError{1269, "HY000",
                                "Can't revoke all privileges for one or more of the requested users"};
    }
    if (auto refusal = check_may_change(changing, id)) return refusal;
    std::erase_if(changing.rows->grants, [&](const GrantRow& row) { return row.account == id; });
  }
  return std::nullopt;
}

}  // namespace murmel::accounts
