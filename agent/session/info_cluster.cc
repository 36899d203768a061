// What there is of the cluster: its nodes, how far each has come, and writes that lost. The host fills the
// rows (service/cluster_rows.cc), in the order of these columns.
#include "agent/session/info_groups.h"

namespace murmel::session {
namespace {

template <ClusterTable kTable>
void rows_of(InfoSource& source, Rows& rows) {
  rows = source.cluster(kTable);
}

constexpr InfoColumn kNodes[] = {
    {"NODE_ID", "bigint"},   {"UUID", "varchar(36)"},   {"ADDRESS", "varchar(261)"}, {"STATE", "varchar(16)"},
    {"ROLE", "varchar(16)"}, {"IS_SELF", "varchar(3)"}, {"CONNECTED", "varchar(3)"},
};
// A row for each database and each other node that has it. BEHIND: records that the node has and this one
// lacks; AHEAD: the other way round.
constexpr InfoColumn kReplication[] = {
    {"DATABASE_NAME", "varchar(64)"},
    {"NODE_ID", "bigint"},
    {"STATE", "varchar(16)"},
    {"CONSISTENCY", "varchar(8)"},
    {"CONNECTED", "varchar(3)"},
    {"BEHIND", "bigint"},
    {"AHEAD", "bigint"},
};
// Times are UTC. Rows are JSON; NULL: it was deleted.
constexpr InfoColumn kConflicts[] = {
    {"DATABASE_NAME", "varchar(64)"}, {"TABLE_NAME", "varchar(64)"}, {"CONFLICT_ID", "bigint"},
    {"CONFLICT_TIME", "datetime(3)"}, {"REASON", "varchar(16)"},     {"ROW_KEY", "longtext"},
    {"WINNER_NODE_ID", "bigint"},     {"WINNER_ROW", "longtext"},    {"LOSER_NODE_ID", "bigint"},
    {"LOSER_ROW", "longtext"},
};

constexpr InfoTable kClusterTables[] = {
    {"MURMEL_CLUSTER_NODES", kNodes, rows_of<ClusterTable::kNodes>},
    {"MURMEL_REPLICATION", kReplication, rows_of<ClusterTable::kReplication>},
    {"MURMEL_CONFLICTS", kConflicts, rows_of<ClusterTable::kConflicts>},
};

}  // namespace

std::span<const InfoTable> cluster_tables() {
  return kClusterTables;
}

}  // namespace murmel::session
