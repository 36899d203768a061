// SHOW GRANTS and SHOW CREATE USER: accounts as the statements that would make them. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "agent/accounts/accounts.h"

namespace murmel::accounts {

// One statement a row: the global one, then databases, then tables. The account exists.
std::vector<std::string> grant_statements(const Accounts& accounts, const AccountId& id);
std::string create_user_statement(const AccountId& id, const UserRow& user);

}  // namespace murmel::accounts
