// All rows of one table as insert items.
#pragma once

#include "extension/change_buffer.h"

namespace murmel::extension {

int append_snapshot(sqlite3* db, const char* schema, const char* name, bool slots_count_virtual,
                    ChangeBuffer& out, Fault& fault) noexcept;

// Prepares SELECT of the stored columns of `table` (and its rowid first, if it has one and `with_rowid`).
// `one_row`: only the row whose rowid is ?1 (none, if columns hide all names of the rowid).
int prepare_row_select(sqlite3* db, const char* schema, const TableInfo& table, bool with_rowid, bool one_row,
                       sqlite3_stmt** statement, Fault& fault) noexcept;

}  // namespace murmel::extension
