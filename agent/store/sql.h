// The store's own SQL: statements on Murmel's tables. Statements on application tables are built from quoted
// names where they are used (table_sql.h).
#pragma once

namespace murmel::store::sql {

inline constexpr char kConfigure[] =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=NORMAL;"
    // Rows were valid where they were written; a CHECK may name functions that only the application has.
    "PRAGMA ignore_check_constraints=ON;"
    "PRAGMA temp_store=FILE;"  // big intermediate results stay out of memory
    "PRAGMA cache_size=-8192;"
    // Only transactions beyond 128 MB (of 4 KiB pages) go to the WAL before their end: in SQLite 3.40 the
    // rollback of one that did, and that wrote one page twice, spoils checksums of what follows.
    "PRAGMA cache_spill=32768;"
    // Trimmed log pages need not be overwritten at the price of writing them once more.
    "PRAGMA secure_delete=FAST";

inline constexpr char kHasTable[] = "SELECT 1 FROM sqlite_schema WHERE type='table' AND name=?1";

// --- log ---
inline constexpr char kLastLogRow[] =
    "SELECT id, clock, local_seq FROM __murmel_log ORDER BY id DESC LIMIT 1";
inline constexpr char kFirstLogId[] = "SELECT id FROM __murmel_log ORDER BY id LIMIT 1";
inline constexpr char kAppendLog[] =
    "INSERT INTO __murmel_log(id, origin, seq, hlc, more, schema, clock, local_seq, depends, payload)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
// Payloads of other records, and of those before seq ?3, stay on their overflow pages unread.
inline constexpr char kScanLog[] =
    "SELECT id, origin, seq, hlc, more, schema, depends, ichange,"
    " CASE WHEN origin = ?2 AND seq >= ?3 THEN payload END FROM __murmel_log WHERE id > ?1 ORDER BY id";
// What applications have written: local records, and the decided ones (origin ?2) that they committed
// themselves.
inline constexpr char kScanWritten[] =
    "SELECT id, origin, seq, hlc, more, schema, depends, ichange,"
    " CASE WHEN origin IN (0, ?2) AND seq >= ?3 THEN payload END FROM __murmel_log WHERE id > ?1 ORDER BY id";
inline constexpr char kScanLogAbove[] =
    "SELECT id, origin, seq, hlc, more, schema, depends, ichange,"
    " CASE WHEN hlc > ?2 AND seq >= ?3 THEN payload END FROM __murmel_log WHERE id > ?1 ORDER BY id";
inline constexpr char kScanTrim[] =
    "SELECT id, origin, seq, hlc, depends, clock FROM __murmel_log ORDER BY id";
inline constexpr char kScanSettled[] =
    "SELECT id, origin, seq, hlc FROM __murmel_log WHERE id > ?1 ORDER BY id";
inline constexpr char kReadPayload[] = "SELECT payload FROM __murmel_log WHERE id = ?1";
inline constexpr char kReadRecordFrom[] =
    "SELECT payload FROM __murmel_log WHERE id >= ?1 AND origin = ?2 AND seq = ?3 ORDER BY id LIMIT 1";
inline constexpr char kTrimLog[] = "DELETE FROM __murmel_log WHERE id <= ?1";
inline constexpr char kCountLog[] =
    "SELECT count(*), coalesce(min(id), 0), coalesce(max(id), 0) FROM __murmel_log";

// Rows that triggers recorded and that are no log record yet.
inline constexpr char kAnyWide[] =
    "SELECT 1 FROM __murmel_wide UNION ALL SELECT 1 FROM __murmel_wide_content LIMIT 1";

// --- versions of rows whose records were trimmed while they still mattered ---
inline constexpr char kCreateVersions[] =
    "CREATE TABLE IF NOT EXISTS __murmel_versions(key BLOB NOT NULL PRIMARY KEY, hlc INTEGER NOT NULL,"
    " node INTEGER NOT NULL, seq INTEGER NOT NULL, deleted INTEGER NOT NULL) WITHOUT ROWID";
inline constexpr char kKeepVersion[] =
    "INSERT INTO __murmel_versions(key, hlc, node, seq, deleted) VALUES(?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT(key) DO UPDATE"
    " SET hlc = excluded.hlc, node = excluded.node, seq = excluded.seq, deleted = excluded.deleted"
    " WHERE (excluded.hlc, excluded.node, excluded.seq) >= (hlc, node, seq)";
inline constexpr char kReadVersions[] =
    "SELECT key, hlc, node, seq, deleted FROM __murmel_versions WHERE hlc > ?1";
inline constexpr char kForgetVersions[] = "DELETE FROM __murmel_versions WHERE hlc <= ?1";

// --- what the authors of those records had seen ---
inline constexpr char kCreatePast[] =
    "CREATE TABLE IF NOT EXISTS __murmel_past(author INTEGER NOT NULL, origin INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, PRIMARY KEY(author, origin)) WITHOUT ROWID";
inline constexpr char kKeepPast[] =
    "INSERT INTO __murmel_past(author, origin, seq) VALUES(?1, ?2, ?3)"
    " ON CONFLICT(author, origin) DO UPDATE SET seq = max(seq, excluded.seq)";
inline constexpr char kReadPast[] = "SELECT author, origin, seq FROM __murmel_past";

// --- operations on rows without a key that the log does not tell of ---
inline constexpr char kCreateBagOps[] =
    "CREATE TABLE IF NOT EXISTS __murmel_bag_ops(bag BLOB NOT NULL, hlc INTEGER NOT NULL, node INTEGER NOT "
    "NULL,"
    " seq INTEGER NOT NULL, idx INTEGER NOT NULL, removes INTEGER NOT NULL, missed INTEGER NOT NULL,"
    " PRIMARY KEY(bag, hlc, node, seq, idx)) WITHOUT ROWID";
inline constexpr char kKeepBagOp[] =
    "INSERT OR IGNORE INTO __murmel_bag_ops(bag, hlc, node, seq, idx, removes, missed)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";
inline constexpr char kChangeBagOp[] =
    "INSERT OR REPLACE INTO __murmel_bag_ops(bag, hlc, node, seq, idx, removes, missed)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";
inline constexpr char kForgetBagOps[] = "DELETE FROM __murmel_bag_ops WHERE hlc <= ?1";
inline constexpr char kReadBagOps[] =
    "SELECT bag, hlc, node, seq, idx, removes, missed FROM __murmel_bag_ops";

// --- positions and settings ---
inline constexpr char kReadCursors[] = "SELECT origin, seq, hlc FROM __murmel_cursor ORDER BY origin";
inline constexpr char kWriteCursor[] =
    "INSERT INTO __murmel_cursor(origin, seq, hlc) VALUES(?1, ?2, ?3)"
    " ON CONFLICT(origin) DO UPDATE SET seq = excluded.seq, hlc = max(hlc, excluded.hlc)";
inline constexpr char kRemoveMeta[] = "DELETE FROM __murmel_meta WHERE key = ?1";
inline constexpr char kWriteMeta[] =
    "INSERT INTO __murmel_meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = "
    "excluded.value";
inline constexpr char kCountAppObjects[] =
    "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " AND name NOT LIKE '\\_\\_murmel\\_%' ESCAPE '\\'";

// --- snapshots ---
inline constexpr char kCreateSavedRecords[] =
    "CREATE TEMP TABLE IF NOT EXISTS saved_records(id INTEGER PRIMARY KEY, origin, seq, hlc, more, schema,"
    " depends, payload);"
    "DELETE FROM temp.saved_records";
inline constexpr char kDropSavedRecords[] = "DROP TABLE IF EXISTS temp.saved_records";
inline constexpr char kSaveRecord[] =
    "INSERT INTO temp.saved_records(id, origin, seq, hlc, more, schema, depends, payload)"
    " SELECT id, ?2, seq, hlc, more, schema, ?3, payload FROM main.__murmel_log WHERE id = ?1";
// One at a time: taking one back may end statements that are being read.
inline constexpr char kReadSavedRecords[] =
    "SELECT origin, seq, hlc, more, schema, depends, payload, id FROM temp.saved_records WHERE id > ?1"
    " ORDER BY id LIMIT 1";
inline constexpr char kScanSnapshotLog[] =
    "SELECT id, origin, seq, hlc, more, schema, depends, ichange,"
    " CASE WHEN origin = ?2 AND seq >= ?3 THEN payload END FROM snapshot.__murmel_log WHERE id > ?1 ORDER BY "
    "id";
inline constexpr char kFirstSnapshotSeqs[] =
    "SELECT origin, min(seq) FROM snapshot.__murmel_log GROUP BY origin";
inline constexpr char kCopySnapshotRecord[] =
    "INSERT INTO main.__murmel_log(id, origin, seq, hlc, more, schema, clock, local_seq, depends, payload)"
    " SELECT id, ?2, seq, hlc, more, schema, clock, ?3, ?4, payload FROM snapshot.__murmel_log WHERE id = ?1";

// --- conflicts ---
inline constexpr char kAddConflict[] =
    "INSERT INTO __murmel_conflicts(at, tbl, reason, key, winner_origin, winner_seq, winner_hlc, "
    "loser_origin,"
    " loser_seq, loser_hlc, winner_row, loser_row) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
inline constexpr char kBoundConflicts[] =
    "DELETE FROM __murmel_conflicts WHERE id <= (SELECT max(id) FROM __murmel_conflicts) - ?1";
inline constexpr char kListConflicts[] =
    "SELECT id, at, tbl, reason, key, winner_origin, winner_seq, winner_hlc, loser_origin, loser_seq, "
    "loser_hlc,"
    " winner_row, loser_row FROM __murmel_conflicts ORDER BY id DESC LIMIT ?1";
inline constexpr char kCountConflicts[] = "SELECT count(*) FROM __murmel_conflicts";

// --- schema history ---
inline constexpr char kReadSchemaHistory[] =
    "SELECT origin, hlc, seq FROM __murmel_schema_history ORDER BY hlc, origin";
inline constexpr char kNoteSchemaChange[] =
    "INSERT OR REPLACE INTO __murmel_schema_history(origin, hlc, seq) VALUES(?1, ?2, ?3)";
inline constexpr char kForgetSchemaChange[] =
    "DELETE FROM __murmel_schema_history WHERE origin = ?1 AND hlc = ?2";
// ?1: the donor, whose own records are local there; ?2: this node.
inline constexpr char kTakeOverSchemaHistory[] =
    "INSERT INTO main.__murmel_schema_history(origin, hlc, seq)"
    " SELECT CASE origin WHEN 0 THEN ?1 WHEN ?2 THEN 0 ELSE origin END, hlc, seq"
    " FROM snapshot.__murmel_schema_history";
inline constexpr char kLoggedCookie[] =
    "SELECT coalesce((SELECT rootpage FROM __murmel_schema WHERE type = 'cookie' AND name = ''), -1)";

// --- renamed tables ---
inline constexpr char kNameOfTable[] = "SELECT name FROM __murmel_names WHERE identity = ?1";
inline constexpr char kHasTableNames[] = "SELECT 1 FROM sqlite_schema WHERE name = '__murmel_names'";
inline constexpr char kSnapshotHasTableNames[] =
    "SELECT 1 FROM snapshot.sqlite_schema WHERE name = '__murmel_names'";
inline constexpr char kForgetTableNames[] = "DELETE FROM main.__murmel_names";
inline constexpr char kTakeOverTableNames[] =
    "INSERT INTO main.__murmel_names(name, identity, times)"
    " SELECT name, identity, times FROM snapshot.__murmel_names";

// --- the application's schema ---
inline constexpr char kSchemaObject[] =
    "SELECT tbl_name, sql FROM sqlite_schema WHERE type = ?1 AND name = ?2 COLLATE NOCASE";
inline constexpr char kAttachedToTable[] =
    "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE AND sql IS NOT NULL"
    " AND type IN ('index', 'trigger') ORDER BY type, rowid";
// Columns: 0 name, 1 key ordinal, 2 hidden (0 plain, 1 of a virtual table, 2 and 3 generated).
inline constexpr char kTableColumns[] = "SELECT name, pk, hidden FROM pragma_table_xinfo(?1) ORDER BY cid";
// Columns: 0 name, 1 collation; of the primary key's index.
inline constexpr char kKeyCollations[] =
    "SELECT x.name, x.coll FROM pragma_index_list(?1) AS i, pragma_index_xinfo(i.name) AS x"
    " WHERE i.origin = 'pk' AND x.key = 1";
// Columns: 0 type ('table', 'virtual', 'shadow', 'view'), 1 WITHOUT ROWID, 2 name as spelled.
inline constexpr char kTableKind[] =
    "SELECT type, wr, name FROM pragma_table_list WHERE schema = 'main' AND name = ?1 COLLATE NOCASE";
inline constexpr char kVirtualTables[] =
    "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%' ORDER BY "
    "name";
inline constexpr char kTriggersNaming[] =
    "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE"
    " AND instr(lower(sql), lower(?2)) > 0";

}  // namespace murmel::store::sql
