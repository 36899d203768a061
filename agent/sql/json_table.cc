// JSON_TABLE and LATERAL: tables whose rows depend on the row to the left. JSON_TABLE: its names and types,
// and the plan that the virtual table mysql_json_table takes (agent/functions/json_table.cc). Its columns
// have numbers there, in the order in which they are written.
#include <algorithm>
#include <string>

#include "agent/sql/lower.h"
#include "agent/sql/resolve.h"

namespace murmel::sql {
namespace {

constexpr std::size_t kColumnsMax = 128;         // of mysql_json_table
constexpr std::size_t kLateralColumnsMax = 100;  // of mysql_rows
constexpr char kLateralRows[] = "_mysql_lateral";
constexpr int kNestedMax = 15;  // NESTED in one JSON_TABLE

int count_nested(const Node* columns) {
  int count = 0;
  for (std::uint32_t i = 0; i < columns->count; ++i) {
    if (columns->kids[i]->kind == Kind::kJsonColumns) count += 1 + count_nested(columns->kids[i]);
  }
  return count;
}

// Does an expression name a column of the first `count` tables?
bool names_one_of(const Node* node, const Scope& scope, std::size_t count) {
  if (node == nullptr) return false;
  for (std::size_t i = 0; node->kind == Kind::kColumn && i < count; ++i) {
    if (scope.tables[i].alias == node->qualifier) return true;
  }
  return std::any_of(node->kids, node->kids + node->count,
                     [&](const Node* kid) { return names_one_of(kid, scope, count); });
}

void add_string(std::string& json, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  json += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      json += "\\u00";
      json += kDigits[byte >> 4];
      json += kDigits[byte & 15];
      continue;
    }
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  json += '"';
}

void add_member(std::string& json, const char* key, std::string_view text) {
  json += json.back() == '{' ? "\"" : ", \"";
  json += key;
  json += "\": ";
  add_string(json, text);
}

void add_reply(std::string& json, const char* key, const Node* reply) {
  if (reply == nullptr) return;
  if (reply->kind == Kind::kString) return add_member(json, key, reply->text);
  json += ", \"" + std::string(key) + "\": true";
}

void add_columns(std::string& json, const Node* columns) {
  json += '{';
  add_member(json, "path", columns->text);
  json += ", \"columns\": [";
  for (std::uint32_t i = 0; i < columns->count; ++i) {
    const Node* const column = columns->kids[i];
    if (i != 0) json += ", ";
    if (column->kind == Kind::kJsonColumns) {
      add_columns(json, column);
      continue;
    }
    json += '{';
    add_member(json, "name", column->text);
    if (column->type != nullptr) {
      add_member(json, "type", type_text(*column->type));
      add_member(json, column->has(kIfExists) ? "exists" : "path", column->kid(0)->text);
      add_reply(json, "empty", column->kid(1));
      add_reply(json, "error", column->kid(2));
    }
    json += '}';
  }
  json += "]}";
}

const Type* counter_type() {
  static const Type kType = [] {
    Type type;
    type.kind = TypeKind::kBigInt;
    type.is_unsigned = true;
    return type;
  }();
  return &kType;
}

}  // namespace

// May it be made of the columns of tables to the left that it names?
bool Resolver::sees_tables(const Node* from, const Node* what, const Scope& scope) {
  if (names_one_of(what, scope, optional_)) {
    context_.fail(
        3668, "42000",
        "INNER or LEFT JOIN must be used for LATERAL references made by '" + std::string(from->text) + "'");
  } else if (names_one_of(what, scope, outside_)) {
    context_.not_supported("JSON_TABLE and LATERAL in parentheses, of a table outside them");
  }
  return !context_.error;
}

// Rows that are made anew for each row of the tables to the left: SQLite has that for table-valued functions
// only, so a scalar subquery packs them, and mysql_rows gives them. Without such columns it is a derived
// table as any other.
void Resolver::lateral(Node* derived, const Scope& scope, ScopeTable& entry) {
  if (context_.error || !sees_tables(derived, derived->kid(0), scope)) return;
  if (!names_one_of(derived->kid(0), scope, scope.tables.size())) {
    derived->flags &= ~static_cast<std::uint32_t>(kLateral);
    return;
  }
  if (entry.columns.size() > kLateralColumnsMax) return context_.not_supported("so many columns in LATERAL");
  Node* const columns = new_node(context_.arena, Kind::kList);
  for (std::size_t i = 0; i < entry.columns.size(); ++i) {
    append(context_.arena, columns,
           new_node(context_.arena, Kind::kColumn, {}, context_.arena.copy("c" + std::to_string(i))));
    columns->kids[i]->type = entry.columns[i].type;
  }
  append(context_.arena, derived, columns);
  entry.computed = entry.numbered = entry.derived = true;
}

// The document may be made of columns of the tables to the left.
void Resolver::json_table(Node* table, Scope& scope) {
  Node* const document = table->kid(0);
  if (has_query(document)) return context_.fail(1210, "HY000", "Incorrect arguments to JSON_TABLE");
  expression(document, scope, "a table function argument");
  if (has_aggregate(document)) return context_.fail(1111, "HY000", "Invalid use of group function");
  if (!sees_tables(table, document, scope)) return;
  if (count_nested(table->kid(1)) > kNestedMax) {
    return context_.fail(3670, "42000",
                         "More than supported " + std::to_string(kNestedMax + 1) +
                             " NESTED PATHs were found in JSON_TABLE '" + std::string(table->text) + "'");
  }
  ScopeTable entry;
  entry.alias = table->text;
  entry.computed = true;
  entry.numbered = true;
  json_columns(table->kid(1), entry);
  if (entry.columns.size() > kColumnsMax) return context_.not_supported("so many columns in JSON_TABLE");
  scope.tables.push_back(std::move(entry));
}

void Resolver::json_columns(const Node* columns, ScopeTable& table) {
  for (std::uint32_t i = 0; i < columns->count; ++i) {
    const Node* const column = columns->kids[i];
    if (column->kind == Kind::kJsonColumns) {
      json_columns(column, table);
      continue;
    }
    const bool twice = std::any_of(table.columns.begin(), table.columns.end(), [&](const ScopeColumn& other) {
      return same_name(other.name, column->text);
    });
    if (twice) context_.fail(1060, "42S21", "Duplicate column name '" + std::string(column->text) + "'");
    const Type* type = column->type != nullptr ? column->type : counter_type();
    if (is_text(type->kind) && type->collation.empty() && type->charset.empty()) {
      Type collated = *type;
      collated.collation = context_.settings.collation;
      type = context_.arena.type(std::move(collated));
    }
    table.columns.push_back({column->text, type, nullptr});
  }
}

Node* Lowering::json_table(Node* table) {
  std::string plan;
  add_columns(plan, table->kid(1));
  table->kids[0] = call("json_table", {typed(lower(table->kids[0]))});
  table->kids[1] = string(context_.arena.copy(plan));
  return table;
}

// Values keep the tags of their types, as far as they are known.
Node* Lowering::lateral(Node* derived) {
  Node* const columns = derived->kids[2];
  Node* const packed = call("mysql_pack_rows", {});
  for (std::uint32_t i = 0; i < columns->count; ++i) append(context_.arena, packed, typed(columns->kids[i]));
  Node* const common = make(Kind::kCommonTable, {lower(derived->kid(0)), columns}, kLateralRows);
  Node* const items = make(Kind::kList, {make(Kind::kItem, {packed})});
  Node* const from = make(Kind::kTable, {}, kLateralRows);
  from->flags |= kQuoted;
  Node* const select = make(Kind::kSelect, {items, from, nullptr, nullptr, nullptr, nullptr});
  derived->kids[0] = make(Kind::kQuery, {make(Kind::kWith, {common}), select, nullptr, nullptr});
  return derived;
}

// SQLite gives a table-valued function no arguments in a RIGHT JOIN, so it becomes a subquery.
void Lowering::json_tables_apart(Node* join) {
  for (const std::uint32_t side : {0U, 1U}) {
    Node* const table = join->kids[side];
    if (table->kind == Kind::kJoin) json_tables_apart(table);
    if (table->kind == Kind::kDerived && table->has(kLateral))
      return context_.not_supported("LATERAL and a RIGHT JOIN");
    if (table->kind != Kind::kJsonTable) continue;
    if (names_a_column(table)) return context_.not_supported("JSON_TABLE of columns, and a RIGHT JOIN");
    Node* const items = make(Kind::kList, {make(Kind::kStar, {})});
    Node* const select = make(Kind::kSelect, {items, table, nullptr, nullptr, nullptr, nullptr});
    join->kids[side] =
        make(Kind::kDerived, {make(Kind::kQuery, {nullptr, select, nullptr, nullptr})}, table->text);
  }
}

}  // namespace murmel::sql
