// The text of the triggers. Pure SQL: they work in every process that opens the file, whether or not it knows
// of us.
//
//   __murmel_<shape>_i _u _d   AFTER INSERT, UPDATE, DELETE: one row into __murmel_wide
//   __murmel_<shape>_b _c      BEFORE INSERT, UPDATE where there are unique keys: the rows that are in the
//   way.
//                              REPLACE fires no delete triggers; so the image of an evicted row is kept
//   __murmel_guard_<n>_<t>     out_of_band = "refuse": name a function that only our library has
//
// SQLite fires the trigger created last first, so ours must be younger than the application's triggers of the
// same table: then the row is written down before they change it again.
#pragma once

#include "extension/trigger_shape.h"

namespace murmel::extension {

enum class TriggerKind { kInsert, kUpdate, kDelete, kBeforeInsert, kBeforeUpdate };
inline constexpr TriggerKind kTriggerKinds[] = {TriggerKind::kBeforeInsert, TriggerKind::kBeforeUpdate,
                                                TriggerKind::kInsert, TriggerKind::kUpdate,
                                                TriggerKind::kDelete};

enum class GuardKind { kInsert, kUpdate, kDelete };
inline constexpr GuardKind kGuardKinds[] = {GuardKind::kInsert, GuardKind::kUpdate, GuardKind::kDelete};

inline constexpr char kTriggerPrefix[] = "__murmel_";
// The function that guards name. Its name is the message that a writer without the extension gets.
inline constexpr char kGuardFunction[] = "murmel_extension_not_loaded";

// "CREATE TRIGGER ..." as SQLite stores it, to be freed by sqlite3_free; nullptr when memory ran out.
// `rowid`: how the rowid can be named in this table, or nullptr. An empty text: this table needs no such
// trigger.
char* trigger_sql(const Shape& shape, TriggerKind kind, const char* table, const char* rowid) noexcept;
char* guard_sql(std::int64_t number, GuardKind kind, const char* table) noexcept;

// Makes the triggers what the settings ask for, inside the caller's transaction. No row may wait in the wide
// table (trigger_install.cc).
int renew_triggers(sqlite3* db, const char* schema, Fault& fault) noexcept;

// The first of rowid, _rowid_ and oid that is no column of the table; nullptr when all are.
const char* free_rowid_name(sqlite3* db, const char* schema, const char* table, Fault& fault) noexcept;

}  // namespace murmel::extension
