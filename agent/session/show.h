// SHOW as a query in MySQL's SQL over information_schema and its kin; the session runs it as if the client
// had sent it. Pure.
#pragma once

#include <string>

#include "agent/mysql/errors.h"
#include "agent/sql/translator.h"

namespace murmel::session {

// `database`: the current one. WHERE and LIMIT of the command are not in the answer. Errors: 1046, and 1235
// for what there is not (GRANTS are the accounts').
mysql::Answer<std::string> show_query(const sql::ShowCommand& show, const std::string& database);
// SHOW COLUMNS and SHOW INDEX of a temporary table.
mysql::Answer<std::string> show_temporary_query(const sql::ShowCommand& show, const std::string& database);

}  // namespace murmel::session
