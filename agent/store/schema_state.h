// The schema of a database as nodes compare it. Texts are normalised first: spaces, comments and the case of
// words outside of quotes are no difference. Belongs to the connection's thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/store/connection.h"
#include "agent/store/table_filter.h"
#include "agent/store/table_list.h"
#include "agent/store/types.h"

namespace murmel::store {

std::string normalised_sql(std::string_view sql);

// 32 hexadecimal digits, the same for the same objects in any order.
std::string schema_digest(const std::vector<SchemaObject>& objects);

// In a read transaction of its own. kBusy: an application has changed the schema and it is not logged yet.
Result<SchemaState> read_schema_state(Connection& connection, NodeId self, const TableFilter& filter);

}  // namespace murmel::store
