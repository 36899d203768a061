// SqlSession: what 1062 says: the value, and the key.
//
// SQLite tells which columns collide, not in which row. So the statement that has failed, and is undone, is
// run once more with temporary triggers that note each row before it is written: the last one noted is the
// one that collides. They also look which keys have the row's values already, as MySQL names the first of
// them. Nothing of this is kept.
#include <algorithm>
#include <utility>

#include "agent/functions/collation.h"
#include "agent/service/client_errors.h"
#include "agent/service/sql_session.h"
#include "agent/session/schema.h"
#include "agent/sql/resolve.h"
#include "agent/sql/table_keys.h"

namespace murmel::service {
namespace {

constexpr char kOpen[] = "SAVEPOINT \"_mysql_duplicate\"";
constexpr char kUndo[] = "ROLLBACK TO \"_mysql_duplicate\"";
constexpr char kClose[] = "RELEASE \"_mysql_duplicate\"";
constexpr char kNotedValue[] = " value of ";  // no name that a client can write
constexpr char kNotedKey[] = " key ";
constexpr std::size_t kPointerBytes = 9;
constexpr std::size_t kValueBytesMax = 64;  // as MySQL's sentence has them

// What a note holds, behind its kind.
std::string noted(session::SessionState& state, const std::string& name, bool* binary) {
  const std::string encoded = state.user_variable(name);
  const std::size_t blank = encoded.find(' ');
  if (blank == std::string::npos) return "NULL";
  if (binary != nullptr) *binary = encoded.starts_with("binary");
  return encoded.substr(blank + 1);
}

std::string note(const std::string& name, const std::string& value) {
  return "\"mysql_set_user_variable\"(" + session::quoted_text(name) + ", " + value + ")";
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// As MySQL shows bytes that may be no text.
std::string shown_bytes(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string shown;
  for (const char c : bytes) {
    if (c >= ' ' && c <= '~') {
      shown += c;
      continue;
    }
    shown += "\\x";
    shown += kDigits[static_cast<unsigned char>(c) >> 4];
    shown += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return shown;
}

const sql::ColumnInfo* column_of(const sql::TableInfo& table, const std::string& name) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [&](const sql::ColumnInfo& one) { return sql::same_name(one.name, name); });
  return found != table.columns.end() ? &*found : nullptr;
}

// The column of `row` as the key compares it.
std::string compared(const std::string& row, const sql::IndexInfo& key, std::size_t part,
                     const sql::ColumnInfo* info, const std::string& standard) {
  const std::string column =
      sql::unique_value(row + session::quoted_name(key.columns[part]), key.lengths[part]);
  if (info == nullptr) return column;
  if (info->type.kind == sql::TypeKind::kDecimal) return column + " COLLATE \"mysql_decimal\"";
  if (!sql::is_text(info->type.kind)) return column;
  return column + " COLLATE " +
         session::quoted_name(info->type.collation.empty() ? standard : info->type.collation);
}

// Is there a row with the new row's values of this key?
std::string is_taken(const sql::TableInfo& table, const sql::IndexInfo& key, const std::string& place,
                     bool update) {
  std::string same;
  std::string moved;
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    const std::string column = session::quoted_name(key.columns[i]);
    const sql::ColumnInfo* const info = column_of(table, key.columns[i]);
    same += (i == 0 ? "" : " AND ") + compared("", key, i, info, table.collation) + " = " +
            compared("NEW.", key, i, info, table.collation);
    moved += (i == 0 ? "" : " OR ") + ("OLD." + column) + " IS NOT NEW." + column;
  }
  return "EXISTS (SELECT 1 FROM " + place + " WHERE " + same + ")" + (update ? " AND (" + moved + ")" : "");
}

std::string trigger(const sql::TableInfo& table, const std::string& place, bool update) {
  std::string notes;
  for (std::size_t k = 0; k < table.indexes.size(); ++k) {
    const sql::IndexInfo& key = table.indexes[k];
    if (!key.unique) continue;
    notes += (notes.empty() ? "" : ", ") +
             note(kNotedKey + std::to_string(k), is_taken(table, key, place, update));
    for (const std::string& column : key.columns) {
      notes += ", " + note(kNotedValue + session::lower_case(column), "NEW." + session::quoted_name(column));
    }
  }
  const std::string event = update ? "UPDATE" : "INSERT";
  return "CREATE TEMP TRIGGER \"_mysql_noted_" + event + "\" BEFORE " + event + " ON " + place +
         " BEGIN SELECT " + notes + "; END";
}

}  // namespace

// The value of a key, as the last row noted has it.
std::string SqlSession::noted_entry(const sql::TableInfo& table, const sql::IndexInfo& key) {
  std::string entry;
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    bool binary = false;
    std::string value = noted(state_, kNotedValue + session::lower_case(key.columns[i]), &binary);
    const sql::ColumnInfo* const column = column_of(table, key.columns[i]);
    if (column != nullptr && column->type.kind == sql::TypeKind::kBinary)
      value.resize(value.find_last_not_of('\0') + 1);
    // MySQL tells a BLOB whole, unless the prefix is shorter than what points to its bytes.
    const bool bytes = column != nullptr && sql::is_binary(column->type.kind);
    if (key.lengths[i] != 0 && (!bytes || key.lengths[i] < kPointerBytes))
      value.resize(bytes ? std::min<std::size_t>(value.size(), key.lengths[i])
                         : functions::byte_of_character(value, key.lengths[i]));
    if (binary) value = shown_bytes(value);
    entry += (i == 0 ? "" : "-") + value;
  }
  if (entry.size() <= kValueBytesMax) return entry;
  std::size_t kept = kValueBytesMax;
  while (kept > 0 && continues_character(entry[kept])) --kept;
  entry.resize(kept);
  return entry;
}

mysql::ClientError SqlSession::duplicate_error(const store::ClientFault& fault,
                                               const sql::Statement& statement,
                                               const std::function<void()>& again) {
  mysql::ClientError plain = client_error(fault, databases_.name());
  const auto collision = duplicate_key(fault);
  Database* const database = databases_.opened();
  if (!collision.has_value() || database->is_too_large()) return plain;
  // Triggers write other tables, of the current database.
  const auto use =
      std::find_if(statement.tables.begin(), statement.tables.end(),
                   [&](const sql::TableUse& one) { return sql::same_name(one.table, collision->table); });
  const std::string in =
      use != statement.tables.end() && use->database != databases_.name() ? use->database : "";
  const sql::TableInfo* const table = databases_.table(in, collision->table);
  if (table == nullptr) return plain;
  const std::string place =
      session::quoted_name(in.empty() ? "main" : in) + "." + session::quoted_name(table->name);
  // What else the statement does when it runs is not to be seen.
  const auto variables = state_.user_variables();
  const session::Diagnostics said = state_.diagnostics;
  if (!database->run(kOpen).ok()) return plain;
  const bool noting = database->run(trigger(*table, place, false).c_str()).ok() &&
                      database->run(trigger(*table, place, true).c_str()).ok();
  if (noting) again();
  if (in_transaction()) {
    (void)database->run(kUndo);
    (void)database->run(kClose);
  }
  const sql::IndexInfo* key = nullptr;
  for (std::size_t k = 0; k < table->indexes.size(); ++k) {
    const sql::IndexInfo& one = table->indexes[k];
    if (!one.unique) continue;
    const bool taken = noted(state_, kNotedKey + std::to_string(k), nullptr) == "1";
    if (taken || (key == nullptr && collision->is(one))) key = &one;
    if (taken) break;
  }
  if (noting && key != nullptr) {
    plain.message =
        "Duplicate entry '" + noted_entry(*table, *key) + "' for key '" + table->name + "." + key->name + "'";
  }
  state_.restore_user_variables(variables);
  state_.diagnostics = said;
  return plain;
}

mysql::ClientError SqlSession::failed_step(const store::ClientFault& fault, const sql::Statement& statement,
                                           const sql::Step& step, const Parameters& parameters,
                                           std::optional<std::int64_t> rowid) {
  if (!duplicate_key(fault).has_value()) return failed(fault, &statement);
  return duplicate_error(fault, statement, [&] {
    auto running = prepare(step, parameters);
    if (!running.ok()) return;
    if (rowid.has_value()) running->bind(static_cast<int>(step.parameters.size()), *rowid);
    auto row = running->step();
    while (row.ok() && *row) row = running->step();
  });
}

}  // namespace murmel::service
