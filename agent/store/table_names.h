// What the tables are called here and now that rows of other nodes, and of earlier times, speak of: a row
// says the name its table had where and when it was written, and if that is not the one the table was made
// under, that as well (extension/table_identity.h). Belongs to the database's thread.
#pragma once

#include <memory>
#include <string>

#include "agent/base/result.h"
#include "agent/store/connection.h"
#include "agent/store/table_layout.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {

// The same through all renames, for rows of any time.
std::string table_identity(const wire::Table& table);
// The name that the table has here; the one it came with if no rename is known.
Result<std::string> name_here(Connection& connection, const wire::Table& table);
// The description under that name; nullptr: it has it already.
Result<std::unique_ptr<TableLayout>> named_as_here(Connection& connection, const wire::Table& table);

// In the caller's transaction. A table that was called `from` everywhere is called `to` now.
Status note_table_rename(Connection& connection, std::string_view from, std::string_view to);

// A database from before there was the table needs it made.
Result<bool> has_table_names(Connection& connection);
Status create_table_names(Connection& connection);
// Replaces all by those of the attached snapshot.
Status take_over_table_names(Connection& connection);

}  // namespace murmel::store
