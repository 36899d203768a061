#include "agent/store/table_list.h"

#include <fmt/format.h>

#include <set>

#include "agent/store/quote.h"

namespace murmel::store {
namespace {

constexpr std::string_view kVirtualHead = "create virtual table";

Result<std::set<std::string>> shadow_tables(Connection& connection, std::string_view schema) {
  TRY_ASSIGN(Statement statement,
             connection.prepare("SELECT name FROM pragma_table_list WHERE schema = ?1 AND type = 'shadow'"));
  statement.bind(1, schema);
  std::set<std::string> names;
  for (;;) {
    TRY_ASSIGN(const bool row, statement.step());
    if (!row) return names;
    names.insert(fold_name(statement.text(0)));
  }
}

ObjectType object_type(std::string_view type, std::string_view sql) {
  if (type == "index") return ObjectType::kIndex;
  if (type == "trigger") return ObjectType::kTrigger;
  if (type == "view") return ObjectType::kView;
  const bool is_virtual = fold_name(sql.substr(0, kVirtualHead.size())) == kVirtualHead;
  return is_virtual ? ObjectType::kVirtualTable : ObjectType::kTable;
}

}  // namespace

Result<std::vector<SchemaObject>> list_objects(Connection& connection, std::string_view schema) {
  TRY_ASSIGN(const std::set<std::string> shadows, shadow_tables(connection, schema));
  TRY_ASSIGN(
      Statement statement,
      connection.prepare(fmt::format(
          "SELECT type, name, sql, tbl_name FROM {}.sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid",
          quote_name(schema))));
  std::vector<SchemaObject> objects;
  for (;;) {
    TRY_ASSIGN(const bool row, statement.step());
    if (!row) return objects;
    const std::string name(statement.text(1));
    const std::string sql(statement.text(2));
    const ObjectType type = object_type(statement.text(0), sql);
    if (is_internal_name(name) || (type == ObjectType::kTable && shadows.count(fold_name(name)) > 0))
      continue;
    objects.push_back({type, name, sql, std::string(statement.text(3))});
  }
}

std::string_view object_word(ObjectType type) {
  switch (type) {
    case ObjectType::kTable:
    case ObjectType::kVirtualTable: return "TABLE";
    case ObjectType::kIndex: return "INDEX";
    case ObjectType::kTrigger: return "TRIGGER";
    case ObjectType::kView: return "VIEW";
  }
  return "";
}

}  // namespace murmel::store
