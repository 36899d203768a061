#include "agent/store/capture.h"

#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <string>

#include "agent/store/sqlite_error.h"
#include "extension/capture_api.h"
#include "extension/table_identity.h"
#include "extension/table_info.h"

namespace murmel::store::capture {
namespace {

constexpr char kMain[] = "main";

Status as_status(Connection& connection, int code, const extension::Fault& fault) {
  if (code == 0) return Ok{};
  Error error = sqlite_error(connection.handle(), code, "capture");
  if (fault.set()) error.message = fault.text;
  return error;
}

template <typename Act>
Status run_act(Connection& connection, Act act) {
  extension::Fault fault;
  return as_status(connection, act(connection.handle(), kMain, fault), fault);
}

}  // namespace

Status enable(Connection& connection) {
  return run_act(connection, extension::enable);
}

Status disable(Connection& connection) {
  return run_act(connection, extension::disable);
}

Result<bool> log_schema_changes(Connection& connection) {
  bool logged = false;
  extension::Fault fault;
  const int code = extension::log_schema_changes(connection.handle(), kMain, &logged, fault);
  TRY(as_status(connection, code, fault));
  return logged;
}

Result<std::string> schema_difference(Connection& connection) {
  extension::Fault fault;
  unsigned char* bytes = nullptr;
  std::size_t size = 0;
  const int code = extension::schema_difference(connection.handle(), kMain, &bytes, &size, fault);
  const std::unique_ptr<unsigned char, decltype(&sqlite3_free)> owner(bytes, &sqlite3_free);
  TRY(as_status(connection, code, fault));
  return size == 0 ? std::string() : std::string(reinterpret_cast<const char*>(bytes), size);
}

Status adopt_schema(Connection& connection) {
  return run_act(connection, extension::adopt_schema);
}

Status rename_identity(Connection& connection, std::string_view from, std::string_view to) {
  const std::string old_name(from);
  const std::string new_name(to);
  extension::Fault fault;
  return as_status(
      connection,
      extension::rename_identity(connection.handle(), kMain, old_name.c_str(), new_name.c_str(), fault),
      fault);
}

Status install_triggers(Connection& connection) {
  return run_act(connection, extension::install_triggers);
}

Status remove_triggers(Connection& connection) {
  return run_act(connection, extension::remove_triggers);
}

Result<std::int64_t> convert_wide_rows(Connection& connection) {
  std::int64_t rows = 0;
  extension::Fault fault;
  const int code = extension::convert_wide_rows(connection.handle(), kMain, &rows, fault);
  TRY(as_status(connection, code, fault));
  return rows;
}

Result<std::unique_ptr<TableLayout>> describe_table(Connection& connection, std::string_view name) {
  extension::TableInfo info;
  extension::Fault fault;
  const std::string text(name);
  const int code = extension::load_table(connection.handle(), kMain, text.c_str(), false, info, fault);
  if (code == SQLITE_NOTFOUND) return Error{ErrorCode::kNotFound, "there is no table " + text};
  TRY(as_status(connection, code, fault));
  const bool content = (info.flags & row_stream::kShadowContent) != 0;
  if (!info.captured() || content) return Error{ErrorCode::kInvalid, text + " is not a plain table"};
  wire::Table table;
  table.name = info.name.c_str();
  if (info.identity.c_str() != nullptr) table.identity = info.identity.c_str();
  // A rowid is no part of what nodes have in common.
  table.flags = static_cast<std::uint8_t>(info.flags & ~row_stream::kHasRowid);
  for (const extension::ColumnInfo& column : info.columns) {
    table.columns.push_back(
        {column.name, column.key_ordinal, static_cast<row_stream::Collation>(column.collation)});
    if (column.key_ordinal > 0) table.key.resize(std::max<std::size_t>(table.key.size(), column.key_ordinal));
  }
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].key_ordinal > 0) {
      table.key[table.columns[i].key_ordinal - 1U] = static_cast<std::uint16_t>(i);
    }
  }
  return std::make_unique<TableLayout>(table);
}

std::optional<std::uint32_t> read_ichange(Connection& connection) {
  const std::int64_t counter = connection.change_counter();
  if (counter < 0) return std::nullopt;
  return static_cast<std::uint32_t>(counter);
}

}  // namespace murmel::store::capture
