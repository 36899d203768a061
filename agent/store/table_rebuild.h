// Gives a table a new definition and keeps its rows, indexes and triggers: what ALTER TABLE did elsewhere.
// Belongs to the applier of one database; runs in its transaction.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/store/connection.h"

namespace murmel::store {

// Adds the column if that is all that differs, else makes the table anew and copies the rows: columns of the
// same name, and renamed ones by their place.
Status rebuild_table(Connection& connection, std::string_view name, const std::string& old_sql,
                     std::string_view new_sql);

// Renames without touching what refers to the table.
Status rename_table(Connection& connection, std::string_view name, std::string_view new_name);

}  // namespace murmel::store
