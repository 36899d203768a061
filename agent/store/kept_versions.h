// What outlives log records that were trimmed for their age while a member was away: in __murmel_versions the
// versions of the rows they wrote, against which the older writes of that member must lose, and in
// __murmel_past what their authors had seen, which tells later writes of these from concurrent ones. Also
// after a restart, and in snapshots. The tables exist only where that has happened; __murmel_past has a row
// per pair of nodes. Belongs to the database's thread; writes in the caller's transaction.
#pragma once

#include <map>
#include <vector>

#include "agent/base/result.h"
#include "agent/core/causal.h"
#include "agent/core/versions.h"
#include "agent/store/connection.h"

namespace murmel::store {

struct KeptVersion {
  core::RowKey key;
  core::RowVersion version;
};
using KeptPast = std::map<NodeId, core::VersionVector>;  // by author

// Makes the tables if they are missing. The caller has logged all schema changes of applications: the schema
// as it is now becomes the one that the next change is compared with.
Status create_kept_tables(Connection& connection);
// Into these tables.
Status keep_row_versions(Connection& connection, const std::vector<KeptVersion>& versions);
Status keep_past(Connection& connection, const KeptPast& past);
// Versions at or below the watermark have no meaning any more.
Status forget_kept_versions(Connection& connection, core::Hlc watermark);
// Puts all above the index's watermark into it.
Status load_kept_versions(Connection& connection, core::VersionIndex& versions);
Status load_kept_past(Connection& connection, core::CausalHistory& causal);
// Replaces both by those of the attached snapshot.
Status take_over_kept_versions(Connection& connection);

}  // namespace murmel::store
