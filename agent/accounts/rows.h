// What is kept of accounts, as rows: one for each user, and one for each privilege granted, so that grants
// made on two sides of a parted network add up. Plain data; any thread.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>

#include "agent/accounts/privileges.h"

namespace murmel::accounts {

// The name of an account: 'user'@'host', the host a pattern.
struct AccountId {
  std::string user;  // empty: whoever has no account of its own
  std::string host = "%";

  auto operator<=>(const AccountId&) const = default;
};

// 'app'@'10.%'
std::string quoted(const AccountId& id);

inline constexpr char kNativePlugin[] = "mysql_native_password";
inline constexpr char kSha2Plugin[] = "caching_sha2_password";

struct UserRow {
  std::string plugin = kSha2Plugin;
  std::string verifier;  // of agent/mysql/passwords.h; empty: no password
  bool locked = false;
  bool tls = false;  // is required

  bool operator==(const UserRow&) const = default;
};

struct GrantRow {
  AccountId account;
  std::string database;  // a pattern, or a name if there is a table; empty: all
  std::string table;     // empty: all
  Privilege privilege = Privilege::kSelect;

  auto operator<=>(const GrantRow&) const = default;
};

struct Rows {
  std::map<AccountId, UserRow> users;
  std::set<GrantRow> grants;
  std::map<std::string, std::string> collations;  // of databases: of tables that name none; absent: MySQL's
};

inline Level level_of(const std::string& database, const std::string& table) {
  if (database.empty()) return Level::kGlobal;
  return table.empty() ? Level::kDatabase : Level::kTable;
}

// What is granted at exactly this place.
PrivilegeSet granted_at(const Rows& rows, const AccountId& account, const std::string& database,
                        const std::string& table);

}  // namespace murmel::accounts
