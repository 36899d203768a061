// The extension's capture code, linked into the agent (extension/capture_api.h), as Status values.
// Functions that write do so in the caller's transaction. Thread rule: as for the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "agent/base/result.h"
#include "agent/store/connection.h"
#include "agent/store/table_layout.h"

namespace murmel::store::capture {

Status enable(Connection& connection);
Status disable(Connection& connection);
// True: the schema had changed since it was last logged, and a local record now says so.
Result<bool> log_schema_changes(Connection& connection);
// The schema as it is now counts as logged.
Status adopt_schema(Connection& connection);
// The table `from` is called `to` from now on, for whoever reads rows of it.
Status rename_identity(Connection& connection, std::string_view from, std::string_view to);
// The difference as one row stream, not logged; empty: there is none.
Result<std::string> schema_difference(Connection& connection);
Status install_triggers(Connection& connection);
Status remove_triggers(Connection& connection);
// Turns rows that triggers recorded into local records; returns how many rows there were.
Result<std::int64_t> convert_wide_rows(Connection& connection);
// Columns, key and collations of a plain table as the rows in the log describe it. kNotFound, or kInvalid: a
// table whose rows are not captured.
Result<std::unique_ptr<TableLayout>> describe_table(Connection& connection, std::string_view name);
// Wal-index change counter; nullopt when there is none.
std::optional<std::uint32_t> read_ichange(Connection& connection);

}  // namespace murmel::store::capture
