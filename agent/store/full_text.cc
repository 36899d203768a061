#include "agent/store/full_text.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "agent/store/quote.h"
#include "agent/store/sql.h"
#include "agent/store/table_shape.h"

namespace murmel::store {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

// 'a', "a", [a], `a` and a all name a.
std::string unquote(std::string_view text) {
  text = trim(text);
  if (text.size() < 2) return std::string(text);
  const char open = text.front();
  const char close = open == '[' ? ']' : open;
  if ((open != '\'' && open != '"' && open != '`' && open != '[') || text.back() != close) {
    return std::string(text);
  }
  std::string name;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    name += text[i];
    if (text[i] == close && text[i + 1] == close && i + 2 < text.size()) ++i;
  }
  return name;
}

// End of the quoted text that begins at `start`; a doubled quote simply begins the next one.
std::size_t skip_quoted(std::string_view sql, std::size_t start) {
  const char close = sql[start] == '[' ? ']' : sql[start];
  const std::size_t end = sql.find(close, start + 1);
  return end == std::string_view::npos ? sql.size() : end;
}

std::optional<std::string> option_value(const ModuleArguments& arguments, std::string_view name) {
  for (const std::string& argument : arguments.arguments) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) continue;
    if (fold_name(trim(std::string_view(argument).substr(0, equals))) != name) continue;
    return unquote(std::string_view(argument).substr(equals + 1));
  }
  return std::nullopt;
}

std::optional<FullTextTable> full_text_table(std::string name, std::string_view sql) {
  const ModuleArguments arguments = parse_virtual_table(sql);
  FullTextTable table;
  table.name = std::move(name);
  if (arguments.module == "fts3") {
    table.module = FullTextTable::Module::kFts3;
  } else if (arguments.module == "fts4") {
    table.module = FullTextTable::Module::kFts4;
  } else if (arguments.module != "fts5") {
    return std::nullopt;
  }
  const auto content = option_value(arguments, "content");
  if (content) {
    table.content = content->empty() ? FullTextTable::Content::kNone : FullTextTable::Content::kExternal;
    table.content_table = *content;
    table.content_rowid = option_value(arguments, "content_rowid").value_or("");
  }
  return table;
}

template <typename Use>
Status for_each_virtual_table(Connection& connection, Use use) {
  TRY_ASSIGN(Statement statement, connection.prepare(sql::kVirtualTables));
  for (;;) {
    TRY_ASSIGN(const bool row, statement.step());
    if (!row) return Ok{};
    use(std::string(statement.text(0)), statement.text(1));
  }
}

}  // namespace

ModuleArguments parse_virtual_table(std::string_view sql) {
  ModuleArguments parsed;
  // The table's name may contain anything, so the word USING is looked for outside quotes.
  std::size_t i = 0;
  for (; i < sql.size(); ++i) {
    if (std::string_view("'\"`[").find(sql[i]) != std::string_view::npos) {
      i = skip_quoted(sql, i);
    } else if (fold_name(sql.substr(i, 6)) == "using " || fold_name(sql.substr(i, 6)) == "using\n") {
      break;
    }
  }
  if (i >= sql.size()) return parsed;
  const std::string_view rest = trim(sql.substr(i + 6));
  const std::size_t open = std::min(rest.find('('), rest.size());
  parsed.module = fold_name(unquote(rest.substr(0, open)));

  std::size_t start = open + 1;
  int depth = 0;
  for (std::size_t at = start; at < rest.size(); ++at) {
    const char c = rest[at];
    if (c == '\'' || c == '"' || c == '`' || c == '[') {
      at = skip_quoted(rest, at);
      continue;
    }
    if (c == '(') ++depth;
    if ((c == ',' && depth == 0) || (c == ')' && depth-- == 0)) {
      parsed.arguments.emplace_back(trim(rest.substr(start, at - start)));
      start = at + 1;
    }
  }
  return parsed;
}

Result<std::vector<FullTextTable>> read_full_text_tables(Connection& connection) {
  std::vector<FullTextTable> tables;
  TRY(for_each_virtual_table(connection, [&](std::string name, std::string_view sql) {
    if (auto table = full_text_table(std::move(name), sql)) tables.push_back(std::move(*table));
  }));
  return tables;
}

Status fill_full_text(Connection& connection, std::string_view name) {
  TRY_ASSIGN(const std::vector<FullTextTable> tables, read_full_text_tables(connection));
  for (const FullTextTable& table : tables) {
    if (table.content != FullTextTable::Content::kExternal) continue;
    if (fold_name(table.name) != fold_name(name) && fold_name(table.content_table) != fold_name(name))
      continue;
    TRY_ASSIGN(const auto content, read_table_shape(connection, table.content_table));
    if (!content) continue;  // it comes later, with its rows
    const std::string own = quote_name(table.name);
    TRY(connection.execute(fmt::format("INSERT INTO {0}({0}) VALUES('rebuild')", own)));
  }
  return Ok{};
}

Result<std::vector<std::string>> read_uncaptured_tables(Connection& connection) {
  std::vector<std::string> names;
  TRY(for_each_virtual_table(connection, [&](const std::string& name, std::string_view sql) {
    const auto table = full_text_table(name, sql);
    if (!table || table->content == FullTextTable::Content::kNone) names.push_back(name);
  }));
  return names;
}

}  // namespace murmel::store
