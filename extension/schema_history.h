// Which transactions have changed the schema: one row of __murmel_schema_history each, written in that
// transaction. A transaction is known by its origin and stamp, which all of its records share and every node
// knows alike. The agent reads it (agent/store/schema_history.h); what it does not need any more it removes.
#pragma once

#include "extension/fault.h"

namespace murmel::extension {

// `origin` as in __murmel_log. `seq`: of a record of the transaction. Nothing where an older agent has not
// made the table.
int note_schema_change(sqlite3* db, const char* schema, std::int64_t origin, std::int64_t hlc,
                       std::int64_t seq, Fault& fault) noexcept;

}  // namespace murmel::extension
