// The lists that info_tables.cc puts together. Constants; any thread.
#pragma once

#include <span>

#include "agent/session/info_tables.h"

namespace murmel::session {

std::span<const InfoTable> schema_tables();   // SCHEMATA, TABLES, COLUMNS, VIEWS
std::span<const InfoTable> key_tables();      // STATISTICS, KEY_COLUMN_USAGE, ..._CONSTRAINTS
std::span<const InfoTable> server_tables();   // ENGINES, COLLATIONS, variables, PROCESSLIST, warnings
std::span<const InfoTable> cluster_tables();  // MURMEL_CLUSTER_NODES, MURMEL_REPLICATION, MURMEL_CONFLICTS
std::span<const InfoTable> account_tables();  // mysql.user, ..., privileges
std::span<const InfoTable> keyword_tables();  // KEYWORDS
std::span<const InfoTable> empty_tables();    // of what there is none here: ROUTINES, EVENTS, ...

}  // namespace murmel::session
