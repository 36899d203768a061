// The tables Murmel keeps inside a replicated database, and nothing else. Shared by the extension, which
// appends, and the agent's store, which reads, applies and trims. All names start with __murmel_.
//
// __murmel_log is a rowid table on purpose: it grows at its end only, and there index b-trees (WITHOUT ROWID)
// split their pages in the middle and move cells above a quarter page to overflow pages, which showed
// in the time of small transactions (roughly a tenth, on a busy machine). The application's update hook does
// not see it all the same (HideWrites in extension/hook_slots.h). `id` grows by one per record and never
// restarts (trimming keeps the last row). `clock` and `local_seq` are running values as of that row (greatest
// HLC of any record so far; last seq of origin 0), so that whoever appends needs to read only the last row,
// which lies on the page it is going to change anyway.
#pragma once

namespace murmel::log_schema {

inline constexpr int kFormat = 1;  // __murmel_meta 'format'

inline constexpr char kCreateLog[] =
    "CREATE TABLE IF NOT EXISTS __murmel_log("
    "id INTEGER NOT NULL PRIMARY KEY,"
    // Node id, with bit 31 for what the node has decided with others; 0: written here, at ONE.
    "origin INTEGER NOT NULL,"
    "seq INTEGER NOT NULL,"     // per origin, gap-free, from 1
    "hlc INTEGER NOT NULL,"     // stamp of the transaction
    "more INTEGER NOT NULL,"    // 1: the transaction continues in seq + 1
    "schema INTEGER NOT NULL,"  // schema cookie of the origin
    "ichange INTEGER,"          // wal-index change counter before this commit (origin 0, WAL only)
    "clock INTEGER NOT NULL,"
    "local_seq INTEGER NOT NULL,"
    "depends BLOB,"  // encoded dependencies (store/depends_codec.h); origin 0: NULL, order of ids tells
    "payload BLOB NOT NULL"  // schemas/row_stream.h
    ")";

// Keys: format, database_id (32 hex digits), baseline (1: the database had content before the log began),
// mode ('hook' | 'trigger'), out_of_band ('capture' | 'refuse' | 'warn'), node (id of the node), wake (path
// of the agent's datagram socket), commit (path of its commit socket), consistency ('quorum' | 'all', of
// connections that did not choose; absent: one), agent_away ('async'; absent: refuse), schema_changes
// ('quorum'; absent: as rows).
inline constexpr char kCreateMeta[] =
    "CREATE TABLE IF NOT EXISTS __murmel_meta(key TEXT NOT NULL PRIMARY KEY, value) WITHOUT ROWID";

// The application's schema as last written to the log: what the next schema change is compared with. The row
// ('cookie', '') has in rootpage the schema cookie as of which the others are true.
inline constexpr char kCreateSchema[] =
    "CREATE TABLE IF NOT EXISTS __murmel_schema("
    "type TEXT NOT NULL, name TEXT NOT NULL, tbl_name TEXT NOT NULL, rootpage INTEGER, sql TEXT,"
    "entry INTEGER,"  // rowid in sqlite_schema: another one means dropped and created again
    "PRIMARY KEY(type, name)) WITHOUT ROWID";

// Transactions that have changed the schema; origin as in the log, seq of one of their records. Those at the
// old end are removed, and kept as numbers in __murmel_meta (agent/store/schema_history.h).
inline constexpr char kCreateSchemaHistory[] =
    "CREATE TABLE IF NOT EXISTS __murmel_schema_history("
    "origin INTEGER NOT NULL, hlc INTEGER NOT NULL, seq INTEGER NOT NULL,"
    "PRIMARY KEY(origin, hlc)) WITHOUT ROWID";

// Names of tables that took part in a rename, folded: which table it is whose rows stand under that name, and
// how often the name was given up (extension/table_identity.h).
inline constexpr char kCreateNames[] =
    "CREATE TABLE IF NOT EXISTS __murmel_names("
    "name TEXT NOT NULL PRIMARY KEY, identity TEXT NOT NULL, times INTEGER NOT NULL) WITHOUT ROWID";

// How far each other origin has been applied. Moves in the transaction that applies.
inline constexpr char kCreateCursor[] =
    "CREATE TABLE IF NOT EXISTS __murmel_cursor("
    "origin INTEGER NOT NULL PRIMARY KEY, seq INTEGER NOT NULL, hlc INTEGER NOT NULL) WITHOUT ROWID";

// Writes that lost against a concurrent one, with both images (JSON, blobs as hex).
inline constexpr char kCreateConflicts[] =
    "CREATE TABLE IF NOT EXISTS __murmel_conflicts("
    "id INTEGER PRIMARY KEY, at INTEGER NOT NULL, tbl TEXT NOT NULL, reason TEXT NOT NULL, key TEXT NOT NULL,"
    "winner_origin INTEGER NOT NULL, winner_seq INTEGER NOT NULL, winner_hlc INTEGER NOT NULL,"
    "loser_origin INTEGER NOT NULL, loser_seq INTEGER NOT NULL, loser_hlc INTEGER NOT NULL,"
    "winner_row TEXT, loser_row TEXT)";

}  // namespace murmel::log_schema
