// The statements that change accounts: CREATE, ALTER, DROP and RENAME USER, SET PASSWORD, GRANT, REVOKE. Each
// is checked whole, then changes the rows: a statement that is refused has changed nothing, as in MySQL 8.
// Pure; one thread at a time.
//
// Whether there is the table that something is granted on the session asks. Otherwise than MySQL: an account
// with SUPER is changed only by one that has it, which is MySQL's rule for SYSTEM_USER. Refused with 1235:
// roles, dynamic privileges, privileges on columns.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/accounts/access.h"
#include "agent/accounts/accounts.h"
#include "agent/accounts/rows.h"
#include "agent/mysql/errors.h"
#include "agent/sql/translator.h"

namespace murmel::accounts {

// A diagnostic of level Note.
struct Note {
  std::uint16_t number = 0;
  std::string message;
};

struct Author {
  Client client;
  std::string database;               // current; empty: none
  std::function<std::string()> salt;  // 20 bytes for a new password (passwords.h)
};

// `rows` are those of `accounts`, and are changed. Errors: 1044, 1045, 1046, 1131, 1133, 1141, 1142, 1144,
// 1147, 1221, 1227, 1235, 1269, 1396, 1410, 1470, 1524, 1827.
mysql::Answer<std::vector<Note>> change(const sql::AccountCommand& command, const Author& author,
                                        const Accounts& accounts, Rows* rows);

// The account that a statement names; CURRENT_USER is the author's.
AccountId account_named(const sql::Account& account, const Client& client);

}  // namespace murmel::accounts
