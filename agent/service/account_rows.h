// Accounts as the rows of the schema `mysql` and of information_schema's tables of privileges
// (session/info_accounts.cc has their columns). Pure.
#pragma once

#include "agent/accounts/accounts.h"
#include "agent/session/info_tables.h"

namespace murmel::service {

// `own`: whose privileges information_schema tells of; `all`: and those of everybody else.
session::Rows account_rows(const accounts::Accounts& accounts, session::AccountTable table,
                           const accounts::AccountId& own, bool all);

}  // namespace murmel::service
