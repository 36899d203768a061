#include "agent/service/catalog_entries.h"

#include <string_view>

#include <fmt/format.h>

#include "agent/service/database_folder.h"
#include "agent/service/settings.h"

namespace murmel::service {
namespace {

constexpr std::string_view kDropped = " dropped";
constexpr std::string_view kIdStarts = " AS SELECT '";
constexpr std::string_view kDeletes = "1 AS delete_files";

// In lower case, as SQLite compares names.
std::string folded(std::string name) {
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

std::string id_in(const std::string& sql) {
  const std::size_t start = sql.find(kIdStarts);
  if (start == std::string::npos) return "";
  const std::size_t from = start + kIdStarts.size();
  const std::size_t end = sql.find('\'', from);
  const std::string id = end == std::string::npos ? "" : sql.substr(from, end - from);
  return Uuid::parse(id).ok() ? id : "";
}

}  // namespace

Catalog read_catalog(const std::vector<store::SchemaText>& objects) {
  Catalog catalog;
  for (const store::SchemaText& object : objects) {
    CatalogEntry entry{.id = id_in(object.sql)};
    if (object.type != "view" || entry.id.empty()) continue;
    std::string name = object.name;
    entry.dropped = name.ends_with(kDropped);
    if (entry.dropped) name.resize(name.size() - kDropped.size());
    entry.delete_files = object.sql.ends_with(kDeletes);
    if (!check_new_name(name).ok()) continue;
    (entry.dropped ? catalog.dropped : catalog.live)[name] = entry;
  }
  return catalog;
}

Status check_new_name(const std::string& name) {
  const std::string lower = folded(name);
  if (!is_database_name(name) || name[0] == '-' || name != lower) {
    return Error{ErrorCode::kInvalid,
                 fmt::format("a database's name has 1 to {} small letters, digits, '_', '-' or '.', and "
                             "does not begin with '.' or '-'",
                             kDatabaseNameMax)};
  }
  if (lower.starts_with("sqlite_") || lower.starts_with("__murmel_") || lower == kCatalogName ||
      lower == kAccountsName) {
    return Error{ErrorCode::kInvalid, "that name is SQLite's or Murmel's own"};
  }
  return Ok{};
}

std::string sql_to_create(const std::string& name, const Uuid& id, WallMs now, NodeId by) {
  return fmt::format(
      "CREATE VIEW \"{0}\" AS SELECT '{1}' AS id, {2} AS made_ms, {3} AS made_by; DROP VIEW IF EXISTS "
      "\"{0}{4}\"",
      name, id.to_string(), now, by, kDropped);
}

std::string sql_to_drop(const std::string& name, const std::string& id, bool delete_files) {
  return fmt::format(
      "DROP VIEW \"{0}\"; DROP VIEW IF EXISTS \"{0}{1}\"; CREATE VIEW \"{0}{1}\" AS SELECT '{2}' AS id, {3} "
      "AS "
      "delete_files",
      name, kDropped, id, delete_files ? 1 : 0);
}

}  // namespace murmel::service
