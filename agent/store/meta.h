// Settings kept in the database itself (__murmel_meta). Belongs to the connection's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/core/change_set.h"
#include "agent/core/watermark.h"
#include "agent/store/connection.h"

namespace murmel::store {

// nullopt: not set. `schema`: "main" or the name of an attached database.
Result<std::optional<std::string>> read_meta(Connection& connection, std::string_view key,
                                             std::string_view schema = "main");
Status write_meta(Connection& connection, std::string_view key, std::string_view value);
Status write_meta(Connection& connection, std::string_view key, std::int64_t value);
// Writes only what differs; empty: removes it.
Status keep_meta(Connection& connection, std::string_view key, const std::string& value);
Status remove_meta(Connection& connection, std::string_view key);

// The id is kept as 32 hexadecimal digits.
Result<Uuid> read_database_id(Connection& connection, std::string_view schema = "main");
Status write_database_id(Connection& connection, const Uuid& id);

// The stamp, then the ids of the members, with spaces between. Not set: no watermark.
Result<core::Watermark> read_watermark(Connection& connection);
Status write_watermark(Connection& connection, const core::Watermark& watermark);

// Transactions that a person does without, by their first change sets: origin and seq of each, with spaces
// between. kCorrupt.
Result<std::set<core::Position>> read_skips(Connection& connection);
Status keep_skips(Connection& connection, const std::set<core::Position>& skips);

}  // namespace murmel::store
