// Columns of a result as MySQL describes them: from the types that the translator knows; where it knows none,
// from the value in the first row. Pure but for reading the statement; the statement's thread.
#pragma once

#include <span>
#include <vector>

#include "agent/mysql/values.h"
#include "agent/session/schema.h"
#include "agent/sql/translator.h"

struct sqlite3_stmt;

namespace murmel::session {

// `first`: stands on its first row; null: there is none. `table_of` finds the table of a column.
std::vector<mysql::Column> describe_columns(
    std::span<const sql::ResultColumn> columns, const std::string& current, sqlite3_stmt* first,
    const std::function<const sql::TableInfo*(const std::string& database, const std::string& table)>&
        table_of);
// Names only, as texts: EXPLAIN and the like.
std::vector<mysql::Column> describe_texts(sqlite3_stmt* statement);

}  // namespace murmel::session
