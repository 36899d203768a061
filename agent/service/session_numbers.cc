// SessionDatabases: numbers for AUTO_INCREMENT columns.
#include <algorithm>
#include <limits>

#include "agent/service/numbers.h"
#include "agent/service/session_databases.h"

namespace murmel::service {
namespace {

constexpr std::monostate kNumbered;

// The greatest number of a narrow column; nothing for BIGINT and what SQLite applications declare.
std::optional<std::int64_t> narrow_limit(const sql::Type& type) {
  int bits = 0;
  if (type.kind == sql::TypeKind::kTinyInt) bits = 8;
  if (type.kind == sql::TypeKind::kSmallInt) bits = 16;
  if (type.kind == sql::TypeKind::kMediumInt) bits = 24;
  if (type.kind == sql::TypeKind::kInt) bits = 32;
  if (bits == 0) return std::nullopt;
  return (std::int64_t{1} << (type.is_unsigned ? bits : bits - 1)) - 1;
}

// Where SQLite has it.
std::string schema_of(const sql::TableInfo& table, const std::string& database) {
  return table.temporary ? "temp" : database.empty() ? "main" : database;
}

std::string qualified(const sql::TableInfo& table, const std::string& database) {
  return session::quoted_name(schema_of(table, database)) + "." + session::quoted_name(table.name);
}

}  // namespace

std::optional<std::int64_t> SessionDatabases::greatest(const std::string& table, const std::string& column,
                                                       const session::NumberRanges::Range* range) {
  std::string text = "SELECT max(" + column + ") FROM " + table;
  if (range != nullptr) text += " WHERE " + column + " BETWEEN ? AND ?";
  std::string_view rest;
  auto statement = current_->prepare(text, &rest);
  if (!statement.ok()) return std::nullopt;
  if (range != nullptr) {
    statement->bind(0, range->first);
    statement->bind(1, range->last);
  }
  const auto row = statement->step();
  if (!row.ok()) return std::nullopt;
  const store::ClientValue value = statement->value(0);
  const auto* const number = std::get_if<std::int64_t>(&value);
  return number != nullptr ? *number : 0;
}

std::string SessionDatabases::id_of(const std::string& name) const {
  const auto found = names_.find(name);
  return found.has_value() ? found->id : std::string();
}

NumberedTable SessionDatabases::numbered(const std::string& database, const std::string& table) const {
  return {id_of(database.empty() ? name_ : database), session::lower_case(table)};
}

void SessionDatabases::number_anew(const std::vector<sql::TableUse>& tables) {
  for (const sql::TableUse& use : tables) {
    host_.numbers().forget(numbered(use.database, use.table));
    temporary_numbers_.erase(session::lower_case(use.table));
  }
}

// Nobody else numbers these rows.
mysql::Answer<session::NumberRun> SessionDatabases::next_temporary_ids(const std::string& table,
                                                                       std::int64_t most, std::int64_t wanted,
                                                                       const Greatest& greatest) {
  session::NumberRanges& own = temporary_numbers_[session::lower_case(table)];
  own.set({{1, most}}, 0);
  const auto run = own.next(wanted, 0, greatest);
  return run.has_value() && run->count > 0 ? mysql::Answer<session::NumberRun>(*run)
                                           : mysql::no_auto_increment("");
}

// As the definition under way has made it, which may come to nothing: nobody may keep that.
sql::TableInfo SessionDatabases::made_meanwhile(const std::string& database, const std::string& name) {
  const std::string schema = database.empty() ? "main" : database;
  schemas_.forget(current_->handle(), schema);
  const sql::TableInfo* const info = table(database, name);
  const sql::TableInfo made = info != nullptr ? *info : sql::TableInfo();
  schemas_.forget(current_->handle(), schema);
  return made;
}

mysql::Answer<session::NumberRun> SessionDatabases::next_ids(std::string_view full, std::int64_t wanted) {
  const std::size_t point = full.find('.');
  std::string database;
  std::string name(full);
  const sql::TableInfo* info = table({}, name);
  if (info == nullptr && point != std::string_view::npos) {
    database = full.substr(0, point);
    name = full.substr(point + 1);
    info = table(database, name);
  }
  sql::TableInfo made;
  if (info != nullptr && sql::counting_column(*info) == nullptr) {
    made = made_meanwhile(database, name);
    info = &made;
  }
  const sql::ColumnInfo* const column = info != nullptr ? sql::counting_column(*info) : nullptr;
  if (column == nullptr) return mysql::no_auto_increment("");
  const auto limit = narrow_limit(column->type);
  if (!limit.has_value() && !info->temporary) return host_.numbers().next_wide(wanted);
  const std::int64_t most = limit.value_or(std::numeric_limits<std::int64_t>::max() - 1);
  const std::string in = qualified(*info, database);
  const std::string counting = session::quoted_name(column->name);
  const auto greatest_in = [&](const session::NumberRanges::Range& range) -> std::optional<std::int64_t> {
    auto all = greatest_.find(full);
    if (all == greatest_.end()) {
      const auto found = greatest(in, counting, nullptr);
      if (!found.has_value()) return std::nullopt;
      all = greatest_.emplace(full, *found).first;
    }
    if (all->second <= range.last) return all->second < range.first ? 0 : all->second;
    return greatest(in, counting, &range);
  };
  if (info->temporary) return next_temporary_ids(name, most, wanted, greatest_in);
  const std::int64_t version = schemas_.version_of(current_->handle(), schema_of(*info, database));
  return host_.numbers().next({numbered(database, name), version, most}, wanted, greatest_in);
}

// Of a table that counts in a column narrower than BIGINT; nothing else has ranges.
bool SessionDatabases::has_ranges(const sql::TableUse& use) {
  const sql::TableInfo* const info = table(use.database, use.table);
  const sql::ColumnInfo* const column = info != nullptr ? sql::counting_column(*info) : nullptr;
  return column != nullptr && narrow_limit(column->type).has_value() && !info->temporary;
}

mysql::Answer<std::monostate> SessionDatabases::number_from(const sql::NumberingUse& numbering) {
  if (!has_ranges(numbering.table)) return kNumbered;
  const NumberedTable table = numbered(numbering.table.database, numbering.table.table);
  return host_.numbers().set_floor(table, numbering.first - 1);
}

std::optional<std::int64_t> SessionDatabases::next_number(const sql::TableUse& use) {
  const sql::TableInfo* const info = table(use.database, use.table);
  const sql::ColumnInfo* const column = info != nullptr ? sql::counting_column(*info) : nullptr;
  if (column == nullptr || !narrow_limit(column->type).has_value()) return std::nullopt;
  const auto found = greatest(qualified(*info, use.database), session::quoted_name(column->name), nullptr);
  if (!found.has_value()) return std::nullopt;
  if (info->temporary) return *found + 1;
  const auto floors = host_.numbers().floors(id_of(use.database.empty() ? name_ : use.database));
  const auto floor = floors.find(session::lower_case(use.table));
  return std::max(*found, floor != floors.end() ? floor->second : 0) + 1;
}

// ALTER TABLE ... AUTO_INCREMENT = n.
void SessionDatabases::tell_floors(const std::string& database, session::TableSizes& sizes) {
  const bool any =
      std::any_of(sizes.begin(), sizes.end(), [](const auto& table) { return table.second.next_number; });
  if (!any) return;
  for (const auto& [table, floor] : host_.numbers().floors(id_of(database))) {
    const auto told = sizes.find(table);
    if (told != sizes.end() && told->second.next_number)
      told->second.next_number = std::max(*told->second.next_number, floor + 1);
  }
}

mysql::Answer<std::monostate> SessionDatabases::carry_numbers(const std::vector<sql::RenameUse>& renamings) {
  for (const sql::RenameUse& renaming : renamings) {
    if (!has_ranges(renaming.table)) continue;
    const auto done = host_.numbers().carry(numbered(renaming.table.database, renaming.table.table),
                                            session::lower_case(renaming.to));
    if (!done.ok()) return done;
  }
  return kNumbered;
}

std::optional<std::int64_t> SessionDatabases::first_found(const sql::TableUse& use,
                                                          const std::vector<std::int64_t>& ids) {
  const sql::TableInfo* const info = table(use.database, use.table);
  const sql::ColumnInfo* const column = info != nullptr ? sql::counting_column(*info) : nullptr;
  if (column == nullptr) return std::nullopt;
  const std::string schema = use.database.empty() ? "" : session::quoted_name(use.database) + ".";
  std::string_view rest;
  auto statement = current_->prepare("SELECT 1 FROM " + schema + session::quoted_name(info->name) +
                                         " WHERE " + session::quoted_name(column->name) + " = ?",
                                     &rest);
  if (!statement.ok()) return std::nullopt;
  for (const std::int64_t id : ids) {
    statement->reset();
    statement->bind(0, id);
    const auto row = statement->step();
    if (!row.ok()) return std::nullopt;
    if (*row) return id;
  }
  return std::nullopt;
}

}  // namespace murmel::service
