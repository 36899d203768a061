#include "agent/store/schema_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/store/quote.h"
#include "agent/store/row_hash.h"
#include "agent/store/schema_history.h"
#include "agent/store/sql.h"
#include "agent/store/table_hash.h"
#include "agent/wire/row_writer.h"

namespace murmel::store {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

// Where the quoted text that begins at `from` ends.
std::size_t end_of_quote(std::string_view sql, std::size_t from) {
  const char close = sql[from] == '[' ? ']' : sql[from];
  for (std::size_t i = from + 1; i < sql.size(); ++i) {
    if (sql[i] != close) continue;
    if (close == ']' || i + 1 == sql.size() || sql[i + 1] != close) return i + 1;
    ++i;
  }
  return sql.size();
}

// Behind a comment or white space at `from`; `from` if there is none.
std::size_t end_of_gap(std::string_view sql, std::size_t from) {
  if (is_space(sql[from])) return from + 1;
  if (sql.substr(from, 2) == "--") return std::min(sql.find('\n', from), sql.size());
  if (sql.substr(from, 2) != "/*") return from;
  const std::size_t end = sql.find("*/", from + 2);
  return end == std::string_view::npos ? sql.size() : end + 2;
}

}  // namespace

std::string normalised_sql(std::string_view sql) {
  std::string text;
  bool gap = false;
  for (std::size_t i = 0; i < sql.size();) {
    if (const std::size_t behind = end_of_gap(sql, i); behind > i) {
      gap = true;
      i = behind;
      continue;
    }
    const std::string_view quotes = "'\"`[";
    const bool quoted = quotes.find(sql[i]) != std::string_view::npos;
    // Only between two words does a gap mean anything.
    if (gap && !text.empty() && is_word(text.back()) && (is_word(sql[i]) || quoted)) text += ' ';
    gap = false;
    if (!quoted) {
      const char c = sql[i++];
      text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      continue;
    }
    const std::size_t end = end_of_quote(sql, i);
    text += sql.substr(i, end - i);
    i = end;
  }
  return text;
}

std::string schema_digest(const std::vector<SchemaObject>& objects) {
  std::vector<std::string> texts;
  texts.reserve(objects.size());
  for (const SchemaObject& object : objects)
    texts.push_back(fold_name(object.name) + '\0' + normalised_sql(object.sql));
  std::sort(texts.begin(), texts.end());
  RowHasher hasher;
  hasher.begin();
  for (const std::string& text : texts) hasher.add(wire::text_value(text));
  TableHash hash;
  hash.hash = hasher.finish();
  return hash.to_string();
}

Result<SchemaState> read_schema_state(Connection& connection, NodeId self, const TableFilter& filter) {
  TRY_ASSIGN(const Transaction snapshot, Transaction::begin(connection, Transaction::Kind::kRead));
  TRY_ASSIGN(const std::int64_t logged, connection.integer(sql::kLoggedCookie));
  TRY_ASSIGN(const std::int64_t cookie, connection.schema_version());
  if (logged != cookie) return Error{ErrorCode::kBusy, "a change of the schema is not logged yet"};
  SchemaState state;
  TRY_ASSIGN(const SchemaHistory history, read_schema_history(connection, self));
  state.version = history.version;
  state.history = fmt::format("{:016x}", history.hash);
  TRY_ASSIGN(state.have, read_positions(connection, self));
  TRY_ASSIGN(const std::vector<SchemaObject> objects, list_objects(connection, "main"));
  state.digest = schema_digest(objects);
  std::map<std::string, std::vector<SchemaObject>> tables;
  for (const SchemaObject& object : objects) {
    if (!filter.wants(object.table)) continue;
    tables[fold_name(object.table)].push_back(object);
    state.objects.push_back({fold_name(object_word(object.type)), object.name, object.sql, object.table});
  }
  for (const auto& [name, parts] : tables) state.tables[name] = schema_digest(parts);
  state.filtered = !filter.wants_all();
  return state;
}

}  // namespace murmel::store
