// Accounts: who may log in from where, and what each account may do. Made from the rows once, then only read,
// by any thread.
//
//   login    the candidates in MySQL's order: most specific host first, at equal hosts a named user before
//            the anonymous one; the first that fits is taken, whether or not its password is right
//   rights   global, and those of the first database pattern that fits, most specific first, and the table's
//
// `root` of the configuration (Bootstrap) is an account too, with all rights, as long as the rows hold no
// root that may do everything. Privileges are those of the account that matched at login; an account that is
// gone has none.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/accounts/patterns.h"
#include "agent/accounts/privileges.h"
#include "agent/accounts/rows.h"

namespace murmel::accounts {

inline constexpr char kRoot[] = "root";

struct Bootstrap {
  std::string verifier;   // of root's password, caching_sha2_password; empty: it has none
  bool loopback = false;  // without a password: may come from this machine
  AccountId id() const { return {kRoot, verifier.empty() ? "localhost" : "%"}; }
};

struct Login {
  AccountId id;
  UserRow user;
};

class Accounts {
 public:
  Accounts(Rows rows, Bootstrap bootstrap);

  // Nullopt: nobody of this name may come from there.
  std::optional<Login> login(std::string_view user, const Peer& peer) const;
  bool exists(const AccountId& id) const;
  // The row as kept, or as it would be (root of the configuration); nullptr: there is none.
  const UserRow* user(const AccountId& id) const;

  // What holds for every table.
  PrivilegeSet global(const AccountId& id) const;
  // What holds for every table of the database, the global privileges included.
  PrivilegeSet on_database(const AccountId& id, const std::string& database) const;
  PrivilegeSet on_table(const AccountId& id, const std::string& database, const std::string& table) const;
  // Anything in the database, be it for one table of it.
  bool sees_database(const AccountId& id, const std::string& database) const;

  bool bootstrapped() const { return bootstrapped_; }  // root of the configuration is in force
  const Bootstrap& bootstrap() const { return bootstrap_; }
  const Rows& rows() const { return rows_; }

 private:
  using TableName = std::pair<std::string, std::string>;
  struct Rights {
    PrivilegeSet global;
    std::vector<std::pair<std::string, PrivilegeSet>> databases;  // most specific pattern first
    std::map<TableName, PrivilegeSet> tables;
  };
  const Rights* rights(const AccountId& id) const;

  Rows rows_;
  Bootstrap bootstrap_;
  UserRow bootstrap_user_;
  bool bootstrapped_ = false;
  std::map<AccountId, Rights> rights_;
  std::vector<AccountId> candidates_;  // in the order of login
};

}  // namespace murmel::accounts
