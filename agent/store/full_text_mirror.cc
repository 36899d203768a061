#include "agent/store/full_text_mirror.h"

#include <fmt/format.h>

#include <utility>

#include "agent/store/quote.h"
#include "agent/store/sql.h"

namespace murmel::store {
namespace {

Result<bool> kept_by_triggers(Connection& connection, const FullTextTable& index, const TableShape& content) {
  TRY_ASSIGN(Statement statement, connection.prepare(sql::kTriggersNaming));
  statement.bind(1, std::string_view(content.name));
  statement.bind(2, std::string_view(index.name));
  TRY_ASSIGN(const bool row, statement.step());
  return row && statement.integer(0) > 0;
}

}  // namespace

Result<FullTextMirror> FullTextMirror::create(Connection& connection, const FullTextTable& index,
                                              const TableShape& content, const std::string& condition) {
  TRY_ASSIGN(const auto shape, read_table_shape(connection, index.name));
  if (!shape) return Error{ErrorCode::kNotFound, "no full-text index " + index.name};
  std::string columns;
  for (const std::string& column : shape->columns) columns += ", " + quote_name(column);
  const std::string name = quote_name(index.name);
  const std::string rowid = index.content_rowid.empty() ? content.rowid : quote_name(index.content_rowid);
  const std::string from = fmt::format("FROM {} WHERE {}", quote_name(content.name), condition);

  // FTS5 must be told what the row was; FTS4 reads it from the content table by itself.
  const std::string remove =
      index.module == FullTextTable::Module::kFts5
          ? fmt::format("INSERT INTO {0}({0}, rowid{1}) SELECT 'delete', {2}{1} {3}", name, columns, rowid,
                        from)
          : fmt::format("DELETE FROM {} WHERE docid = (SELECT {} {})", name, rowid, from);
  const std::string add =
      fmt::format("INSERT INTO {0}(rowid{1}) SELECT {2}{1} {3}", name, columns, rowid, from);
  TRY_ASSIGN(Statement remove_statement, connection.prepare(remove));
  TRY_ASSIGN(Statement add_statement, connection.prepare(add));
  return FullTextMirror(std::move(remove_statement), std::move(add_statement));
}

Result<std::vector<FullTextMirror>> full_text_mirrors(Connection& connection, const TableShape& content,
                                                      const std::string& condition) {
  std::vector<FullTextMirror> mirrors;
  TRY_ASSIGN(const std::vector<FullTextTable> tables, read_full_text_tables(connection));
  for (const FullTextTable& table : tables) {
    if (table.content != FullTextTable::Content::kExternal) continue;
    if (fold_name(table.content_table) != fold_name(content.name)) continue;
    TRY_ASSIGN(const bool triggers, kept_by_triggers(connection, table, content));
    if (!triggers) continue;
    TRY_ASSIGN(FullTextMirror mirror, FullTextMirror::create(connection, table, content, condition));
    mirrors.push_back(std::move(mirror));
  }
  return mirrors;
}

}  // namespace murmel::store
