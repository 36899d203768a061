// Access: may this client do that? Answers are MySQL's refusals, word for word, or nothing: it may. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/accounts/accounts.h"
#include "agent/mysql/errors.h"

namespace murmel::accounts {

// A client that has logged in.
struct Client {
  AccountId account;  // that matched
  std::string user;   // as it gave it
  std::string host;   // its address, or "localhost"
};

using Refusal = std::optional<mysql::ClientError>;

// 1227. Any of these, on *.*.
Refusal check_global(const Accounts& accounts, const Client& client, std::vector<Privilege> any);
// 1044. `wanted` on the whole database.
Refusal check_database(const Accounts& accounts, const Client& client, PrivilegeSet wanted,
                       const std::string& database);
// 1044. USE, SHOW TABLES: anything in it.
Refusal check_use(const Accounts& accounts, const Client& client, const std::string& database);
// 1142, naming what is missing.
Refusal check_table(const Accounts& accounts, const Client& client, PrivilegeSet wanted,
                    const std::string& database, const std::string& table);

mysql::ClientError database_denied(const Client& client, const std::string& database);  // 1044
mysql::ClientError tls_needed(const Client& client);                                    // 1045
mysql::ClientError account_locked(const Client& client);                                // 3118

}  // namespace murmel::accounts
