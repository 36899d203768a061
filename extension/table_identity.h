// Which table a row is of, whatever the table is called by now: its identity. That is the name it was made
// under, folded; a name that another table has had before gets a number behind it. __murmel_names holds it
// for each name that took part in a rename; for all others it is the name itself.
//
// Nodes that have made the same renames in the same order have the same identities. In the caller's
// transaction; a database without the table (an older agent's) has names only. Not thread-safe.
#pragma once

#include "extension/fault.h"
#include "extension/memory.h"
#include "extension/name_set.h"

namespace murmel::extension {

// Of the table that has this name now, also if a rename is still to be logged. Stays empty where it is the
// name.
int read_identity(sqlite3* db, const char* schema, const char* name, Text& identity, Fault& fault) noexcept;
// The table `from` is called `to` from now on.
int rename_identity(sqlite3* db, const char* schema, const char* from, const char* to, Fault& fault) noexcept;
// Does that for the rename among the schema changes that are still to be logged; to be followed by
// store_schema(). `steps`: as for SchemaDiff.
int note_renames(sqlite3* db, const char* schema, std::int64_t steps, Fault& fault) noexcept;

// The tables that these renames concern, under their new names.
int read_renamed(sqlite3* db, const char* schema, std::int64_t steps, NameSet& tables, Fault& fault) noexcept;

}  // namespace murmel::extension
