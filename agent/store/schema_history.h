// Which schema changes are in a database. Each transaction that changed the schema has a row in
// __murmel_schema_history, written with it: by the extension where it was made, by the applier elsewhere. So
// two nodes that have the same rows there ought to have the same schema, whatever other positions they have.
//
// The table is bounded: old rows become numbers in __murmel_meta. Belongs to the database's thread; all of it
// runs in the caller's transaction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/core/change_set.h"
#include "agent/core/hlc.h"
#include "agent/store/connection.h"

namespace murmel::store {

inline constexpr std::size_t kSchemaHistoryMax = 1'000;

struct SchemaChangeAt {
  core::Position position;  // of one of the transaction's records
  core::Hlc hlc;
};

struct SchemaHistory {
  std::int64_t version = 0;            // how many of them the cluster has decided
  std::uint64_t hash = 0;              // of all of them, in whatever order they came
  std::vector<SchemaChangeAt> recent;  // by stamp; those that have a row
};

// A database from before there was the table needs it made.
Result<bool> has_schema_history(Connection& connection);
Status create_schema_history(Connection& connection);
Status note_schema_change(Connection& connection, NodeId self, const core::ChangeSet& change);
Result<SchemaHistory> read_schema_history(Connection& connection, NodeId self);
// Keeps the newest half of kSchemaHistoryMax rows if there are more than that.
Status fold_schema_history(Connection& connection, NodeId self);
// Replaces all by that of the attached snapshot.
Status take_over_schema_history(Connection& connection, NodeId donor, NodeId self);

}  // namespace murmel::store
