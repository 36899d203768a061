// Virtual tables keep their data in ordinary "shadow" tables, <virtual table>_<suffix>. Those are derived, so
// they are not captured, except the content table of a full-text index that keeps its own content: its rows
// stand for the rows of the virtual table.
// The modules that come with SQLite are known by name (fts3, fts4, fts5, rtree, geopoly ...); tables of other
// modules are ordinary tables to us.
#pragma once

#include "extension/table_info.h"

namespace murmel::extension {

// Sets table.skip = kShadow, or the flag kShadowContent, if `name` is a shadow table. SQLITE_OK or a fault.
int classify_shadow(sqlite3* db, const char* schema, const char* name, TableInfo& table,
                    Fault& fault) noexcept;

enum class ShadowKind { kNone, kDerived, kContent };
// `module`: of the virtual table; `suffix`: after its name and the underscore.
ShadowKind shadow_kind(const char* module, const char* suffix);

}  // namespace murmel::extension
