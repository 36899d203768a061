// A consistent copy of a live database for a node that joins or was away for too long, and checks that a file
// is one. Uses connections of its own, so it may run in any thread beside the database's own.
//
// The copy is made page by page through SQLite's backup API inside one read transaction: unlike VACUUM INTO
// it keeps the rowids of tables without a key, on which full-text indexes depend.
#pragma once

#include <string>

#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/store/types.h"

namespace murmel::store {

// Copies the database at `path`, of which `node` is the author of local changes, to `file`.
Result<SnapshotInfo> make_snapshot(const std::string& path, NodeId node, const std::string& file,
                                   const Progress& progress = {});

// What a snapshot file says of itself. kCorrupt if it isn't one.
Result<SnapshotInfo> read_snapshot_info(const std::string& file);

// The same as Database::table_hashes, for another thread.
Result<DatabaseHash> hash_tables(const std::string& path, NodeId node, const Options& filters);

}  // namespace murmel::store
