// Hashes of all tables, for comparing nodes. Belongs to the connection's thread.
#pragma once

#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/store/connection.h"
#include "agent/store/table_filter.h"
#include "agent/store/types.h"

namespace murmel::store {

// In one read transaction of its own.
Result<DatabaseHash> hash_database(Connection& connection, NodeId self, const TableFilter& filter);

// Positions as the database has them on disk; in the caller's transaction.
Result<core::VersionVector> read_positions(Connection& connection, NodeId self);

}  // namespace murmel::store
