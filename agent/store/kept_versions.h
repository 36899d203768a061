// What outlives log records that were trimmed for their age while a member was away: in __murmel_versions the
// versions of the rows they wrote, against which the older writes of that member must lose; in __murmel_past
// what their authors had seen, which tells later writes of these from concurrent ones; in __murmel_bag_ops
// what they did to rows without a key (core/bag_ledger.h), and also of others that such an operation missed,
// which the log does not tell. Also after a restart, and in snapshots. The tables are made when first needed;
// __murmel_past has a row per pair of nodes. Belongs to the database's thread; writes in the caller's
// transaction.
#pragma once

#include <map>
#include <vector>

#include "agent/base/result.h"
#include "agent/core/bag_ledger.h"
#include "agent/core/causal.h"
#include "agent/core/versions.h"
#include "agent/store/connection.h"

namespace murmel::store {

struct KeptVersion {
  core::RowKey key;
  core::RowVersion version;
};
using KeptBagOp = core::BagLedger::Change;
using KeptPast = std::map<NodeId, core::VersionVector>;  // by author

// Makes the tables if they are missing. The caller has logged all schema changes of applications: the schema
// as it is now becomes the one that the next change is compared with.
Status create_kept_tables(Connection& connection);
// Into these tables.
Status keep_row_versions(Connection& connection, const std::vector<KeptVersion>& versions);
Status keep_past(Connection& connection, const KeptPast& past);
// `missed` of those that are there already stays as it is.
Status keep_bag_ops(Connection& connection, const std::vector<KeptBagOp>& ops);
// Keeps what they have just become.
Status change_bag_ops(Connection& connection, const std::vector<KeptBagOp>& ops);
// Versions at or below the watermark have no meaning any more.
Status forget_kept_versions(Connection& connection, core::Hlc watermark);
// Operations on bags are told completely, by the log and here, only above this stamp: the greatest one of a
// settled record that was trimmed. Up to there they are part of what the bags held before.
Result<core::Hlc> read_bags_begin(Connection& connection);
// Raises it and forgets what is below.
Status raise_bags_begin(Connection& connection, core::Hlc begin);
// Puts all above the index's watermark into it.
Status load_kept_versions(Connection& connection, core::VersionIndex& versions);
Status load_kept_bag_ops(Connection& connection, core::BagLedger& bags);
Status load_kept_past(Connection& connection, core::CausalHistory& causal);
// Replaces all by those of the attached snapshot.
Status take_over_kept_versions(Connection& connection);

}  // namespace murmel::store
