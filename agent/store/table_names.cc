#include "agent/store/table_names.h"

#include "agent/store/capture.h"
#include "agent/store/quote.h"
#include "agent/store/sql.h"
#include "extension/log_schema.h"

namespace murmel::store {
namespace {

Result<bool> has_names(Connection& connection, const char* query) {
  TRY_ASSIGN(Statement statement, connection.prepare(query));
  return statement.step();
}

}  // namespace

std::string table_identity(const wire::Table& table) {
  return table.identity.empty() ? fold_name(table.name) : std::string(table.identity);
}

Result<std::string> name_here(Connection& connection, const wire::Table& table) {
  const std::string identity = table_identity(table);
  TRY_ASSIGN(Statement read, connection.prepare(sql::kNameOfTable));
  read.bind(1, std::string_view(identity));
  TRY_ASSIGN(const bool renamed, read.step());
  return std::string(renamed ? read.text(0) : table.name);
}

Result<std::unique_ptr<TableLayout>> named_as_here(Connection& connection, const wire::Table& table) {
  TRY_ASSIGN(const std::string name, name_here(connection, table));
  if (fold_name(name) == fold_name(table.name)) return std::unique_ptr<TableLayout>();
  const std::string identity = table_identity(table);
  wire::Table here = table;
  here.name = name;
  here.identity = identity == name ? std::string_view() : std::string_view(identity);
  return std::make_unique<TableLayout>(here);
}

// The agent's own connection has made the rename as well, which is not to be taken for one more.
Status note_table_rename(Connection& connection, std::string_view from, std::string_view to) {
  TRY(capture::rename_identity(connection, from, to));
  return capture::adopt_schema(connection);
}

Result<bool> has_table_names(Connection& connection) {
  return has_names(connection, sql::kHasTableNames);
}

Status create_table_names(Connection& connection) {
  return connection.execute(log_schema::kCreateNames);
}

Status take_over_table_names(Connection& connection) {
  TRY(connection.execute(sql::kForgetTableNames));
  TRY_ASSIGN(const bool present, has_names(connection, sql::kSnapshotHasTableNames));
  return present ? connection.execute(sql::kTakeOverTableNames) : Ok{};
}

}  // namespace murmel::store
