#include "agent/store/schema_applier.h"

#include <fmt/format.h>

#include <utility>

#include "agent/store/full_text.h"
#include "agent/store/quote.h"
#include "agent/store/sql.h"
#include "agent/store/table_rebuild.h"
#include "agent/store/table_shape.h"

namespace murmel::store {
namespace {

constexpr std::string_view kTypes[] = {"table", "view", "index", "trigger"};

bool is_type(std::string_view type) {
  for (const std::string_view one : kTypes) {
    if (one == type) return true;
  }
  return false;
}

// A peer's SQL may create an object of its type and do nothing else.
bool creates(std::string_view sql, std::string_view type) {
  const std::string head = fold_name(sql.substr(0, 64));
  const auto begins = [&](std::string_view words) { return head.starts_with(words); };
  if (type == "table") return begins("create table") || begins("create virtual table");
  if (type == "index") return begins("create index") || begins("create unique index");
  return begins("create " + std::string(type));
}

bool is_virtual(std::string_view sql) {
  return fold_name(sql.substr(0, 20)) == "create virtual table";
}

}  // namespace

Status SchemaApplier::apply(const wire::SchemaChange& change) {
  if (!is_type(change.type) || is_internal_name(change.name) || is_internal_name(change.table)) {
    return Error{ErrorCode::kRefused, fmt::format("schema change of {} {}", change.type, change.name)};
  }
  if (!change.new_sql.empty() && !creates(change.new_sql, change.type)) {
    return Error{ErrorCode::kRefused, fmt::format("not the SQL of a {}: {}", change.type, change.new_sql)};
  }
  switch (change.op) {
    case row_stream::kCreate: return create(change);
    case row_stream::kChange: return this->change(change);
    case row_stream::kRename: return rename(change);
    case row_stream::kDrop: return drop(change.type, change.name);
  }
  return Error{ErrorCode::kInternal, "schema operation"};
}

Status SchemaApplier::create(const wire::SchemaChange& change) {
  TRY_ASSIGN(const auto present, here(change.type, change.name));
  if (present) return this->change(change);
  TRY(drop_other_types(change));
  return make(change);
}

Status SchemaApplier::make(const wire::SchemaChange& change) {
  TRY(connection_.execute_one(change.new_sql));
  if (change.type == "trigger") touched_.emplace(change.table);
  if (change.type != "table") return Ok{};
  touched_.emplace(change.name);
  return fill_full_text(connection_, change.name);
}

Status SchemaApplier::finish() {
  for (const std::string& table : std::exchange(touched_, {})) TRY(fill_full_text(connection_, table));
  return Ok{};
}

Status SchemaApplier::change(const wire::SchemaChange& change) {
  TRY_ASSIGN(const auto present, here(change.type, change.name));
  if (!present) return create(change);
  if (*present == change.new_sql) return Ok{};
  if (change.type == "table" && !is_virtual(change.new_sql) && !is_virtual(*present)) {
    return rebuild_table(connection_, change.name, *present, change.new_sql);
  }
  TRY(drop(change.type, change.name));
  return make(change);
}

// `name` is the old name, `table` the new one. Views and triggers that name the table come with changes of
// their own.
Status SchemaApplier::rename(const wire::SchemaChange& change) {
  TRY_ASSIGN(const auto present, here(change.type, change.name));
  wire::SchemaChange renamed = change;
  renamed.name = change.table;
  if (!present) return create(renamed);
  // A name in other letters is the same name.
  if (fold_name(change.name) != fold_name(change.table)) {
    TRY_ASSIGN(const auto in_the_way, here(change.type, change.table));
    if (in_the_way) TRY(drop(change.type, change.table));
  }
  if (change.type != "table") {
    TRY(drop(change.type, change.name));
    return create(renamed);
  }
  TRY(rename_table(connection_, change.name, change.table));
  return this->change(renamed);
}

Status SchemaApplier::drop(std::string_view type, std::string_view name) {
  if (type == "table") {
    TRY_ASSIGN(const auto shape, read_table_shape(connection_, name));
    // A shadow table goes with its virtual table.
    if (shape && shape->kind == TableShape::Kind::kShadow) return Ok{};
  }
  return connection_.execute(fmt::format("DROP {} IF EXISTS {}", type, quote_name(name)));
}

// A table can't be made while a view has its name, and the other way round.
Status SchemaApplier::drop_other_types(const wire::SchemaChange& change) {
  for (const std::string_view type : kTypes) {
    if (type == change.type || type == "trigger" || change.type == "trigger") continue;
    TRY_ASSIGN(const auto other, here(type, change.name));
    if (other) TRY(drop(type, change.name));
  }
  return Ok{};
}

Result<std::optional<std::string>> SchemaApplier::here(std::string_view type, std::string_view name) {
  TRY_ASSIGN(Statement statement, connection_.prepare(sql::kSchemaObject));
  statement.bind(1, type);
  statement.bind(2, name);
  TRY_ASSIGN(const bool row, statement.step());
  return row ? std::optional<std::string>(statement.text(1)) : std::nullopt;
}

}  // namespace murmel::store
