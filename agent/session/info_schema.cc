// SCHEMATA, TABLES, COLUMNS, VIEWS.
#include <algorithm>
#include <cctype>
#include <utility>

#include "agent/session/describe.h"
#include "agent/session/info_groups.h"

namespace murmel::session {
namespace {

constexpr std::monostate kNull;
constexpr char kCatalog[] = "def";
constexpr char kCollation[] = "utf8mb4_0900_ai_ci";

Cell text(std::string value) {
  return Cell(std::move(value));
}
Cell number(std::int64_t value) {
  return Cell(value);
}

void schemata(InfoSource& source, Rows& rows) {
  std::vector<std::string> names = source.databases();
  for (const char* const own : info_databases()) {
    // As MySQL has it: the first two are everybody's.
    const bool open =
        own == std::string_view(kInformationSchema) || own == std::string_view(kPerformanceSchema);
    if (open || source.sees(own, "user")) names.emplace_back(own);
  }
  for (const std::string& name : names) {
    const std::string collation = source.collation(name);
    rows.push_back({text(kCatalog), text(name), text(collation.substr(0, collation.find('_'))),
                    text(collation), kNull, text("NO")});
  }
}

void tables(InfoSource& source, Rows& rows) {
  std::string measured;
  TableSizes sizes;
  for_each_table(source, [&](const std::string& database, const sql::TableInfo& table) {
    if (std::exchange(measured, database) != database) sizes = source.sizes(database, false);
    const TableSize& size = sizes[table.name];
    const bool view = table.view;
    const auto unless_view = [view](Cell cell) { return view ? Cell(kNull) : std::move(cell); };
    const bool counts = std::any_of(table.columns.begin(), table.columns.end(),
                                    [](const sql::ColumnInfo& column) { return column.auto_increment; });
    rows.push_back({text(kCatalog),
                    text(database),
                    text(table.name),
                    text(view ? "VIEW" : "BASE TABLE"),
                    unless_view(text(table.engine)),
                    unless_view(number(10)),
                    unless_view(text("Dynamic")),
                    unless_view(number(size.rows)),
                    unless_view(number(size.rows > 0 ? size.data_bytes / size.rows : 0)),
                    unless_view(number(size.data_bytes)),
                    unless_view(number(0)),
                    unless_view(number(size.index_bytes)),
                    unless_view(number(0)),
                    counts ? number(size.next_number.value_or(1)) : Cell(kNull),
                    kNull,
                    kNull,
                    kNull,
                    unless_view(text(table.collation)),
                    kNull,
                    text(""),
                    text(view ? "VIEW" : table.comment)});
  });
  for (const auto list : info_tables()) {
    for (const InfoTable& table : list) {
      rows.push_back(
          {text(kCatalog),
           text(table.schema),
           text(table.name),
           text(table.schema == std::string_view(kInformationSchema) ? "SYSTEM VIEW" : "BASE TABLE"),
           kNull,
           number(10),
           kNull,
           number(0),
           number(0),
           number(0),
           number(0),
           number(0),
           number(0),
           kNull,
           kNull,
           kNull,
           kNull,
           kNull,
           kNull,
           text(""),
           text("")});
    }
  }
}

void column_rows(const std::string& database, const sql::TableInfo& table, Rows& rows) {
  std::int64_t position = 0;
  for (const sql::ColumnInfo& column : table.columns) {
    const ColumnFacts facts = describe(column, table);
    const auto optional_number = [](const std::optional<std::int64_t>& value) {
      return value ? Cell(*value) : Cell(kNull);
    };
    const auto optional_text = [](const std::optional<std::string>& value) {
      return value ? Cell(*value) : Cell(kNull);
    };
    rows.push_back({text(kCatalog),
                    text(database),
                    text(table.name),
                    text(column.name),
                    number(++position),
                    optional_text(facts.default_value),
                    text(column.not_null ? "NO" : "YES"),
                    text(facts.data_type),
                    optional_number(facts.characters),
                    optional_number(facts.bytes),
                    optional_number(facts.precision),
                    optional_number(facts.scale),
                    optional_number(facts.time_digits),
                    optional_text(facts.charset),
                    optional_text(facts.collation),
                    text(sql::type_text(column.type)),
                    text(facts.key),
                    text(facts.extra),
                    text("select,insert,update,references"),
                    text(column.comment),
                    text(escaped_quotes(column.generation)),
                    kNull});
  }
}

void columns(InfoSource& source, Rows& rows) {
  for_each_table(source, [&](const std::string& database, const sql::TableInfo& table) {
    column_rows(database, table, rows);
  });
  for (const auto list : info_tables()) {
    for (const InfoTable& table : list)
      column_rows(table.schema, *info_table(table.schema, table.name), rows);
  }
}

// MySQL's COLUMNS has none of these, but SHOW COLUMNS finds them.
void temporary_columns(InfoSource& source, Rows& rows) {
  const DatabaseSchema* const schema = source.temporary();
  if (schema == nullptr) return;
  for (const auto& [name, table] : schema->tables) column_rows(source.state().current_database, table, rows);
}

// "(`a`) AS SELECT ..." -> "SELECT ...".
std::string view_query(std::string_view text) {
  int depth = 0;
  char quote = 0;
  for (std::size_t at = 0; at + 2 < text.size(); ++at) {
    const char c = text[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '`') {
      quote = c;
    } else if (c == '(' || c == ')') {
      depth += c == '(' ? 1 : -1;
    } else if (depth == 0 && (c == 'a' || c == 'A')) {
      const std::size_t query = text.find_first_not_of(" \t\r\n", at + 2);
      return std::string(text.substr(std::min(query, text.size())));
    }
  }
  return std::string(text);
}

void views(InfoSource& source, Rows& rows) {
  for_each_table(source, [&](const std::string& database, const sql::TableInfo& table) {
    if (!table.view) return;
    const DatabaseSchema* const schema = source.schema(database);
    const auto found = schema->views.find(table.name);
    const std::string body = table.from_mysql ? view_query(found->second) : found->second;
    const std::string shown = source.sees_definition(database, table.name) ? body : std::string();
    rows.push_back({text(kCatalog), text(database), text(table.name), text(shown), text("NONE"), text("NO"),
                    text("root@%"), text("INVOKER"), text("utf8mb4"), text(kCollation)});
  });
}

constexpr InfoColumn kSchemata[] = {
    {"CATALOG_NAME", "varchar(64)"},
    {"SCHEMA_NAME", "varchar(64)"},
    {"DEFAULT_CHARACTER_SET_NAME", "varchar(64)"},
    {"DEFAULT_COLLATION_NAME", "varchar(64)"},
    {"SQL_PATH", "varchar(64)"},
    {"DEFAULT_ENCRYPTION", "varchar(3)"},
};
constexpr InfoColumn kTables[] = {
    {"TABLE_CATALOG", "varchar(64)"}, {"TABLE_SCHEMA", "varchar(64)"},    {"TABLE_NAME", "varchar(64)"},
    {"TABLE_TYPE", "varchar(11)"},    {"ENGINE", "varchar(64)"},          {"VERSION", "int"},
    {"ROW_FORMAT", "varchar(10)"},    {"TABLE_ROWS", "bigint"},           {"AVG_ROW_LENGTH", "bigint"},
    {"DATA_LENGTH", "bigint"},        {"MAX_DATA_LENGTH", "bigint"},      {"INDEX_LENGTH", "bigint"},
    {"DATA_FREE", "bigint"},          {"AUTO_INCREMENT", "bigint"},       {"CREATE_TIME", "timestamp"},
    {"UPDATE_TIME", "datetime"},      {"CHECK_TIME", "datetime"},         {"TABLE_COLLATION", "varchar(64)"},
    {"CHECKSUM", "bigint"},           {"CREATE_OPTIONS", "varchar(256)"}, {"TABLE_COMMENT", "varchar(2048)"},
};
constexpr InfoColumn kColumns[] = {
    {"TABLE_CATALOG", "varchar(64)"},
    {"TABLE_SCHEMA", "varchar(64)"},
    {"TABLE_NAME", "varchar(64)"},
    {"COLUMN_NAME", "varchar(64)"},
    {"ORDINAL_POSITION", "int"},
    {"COLUMN_DEFAULT", "text"},
    {"IS_NULLABLE", "varchar(3)"},
    {"DATA_TYPE", "longtext"},
    {"CHARACTER_MAXIMUM_LENGTH", "bigint"},
    {"CHARACTER_OCTET_LENGTH", "bigint"},
    {"NUMERIC_PRECISION", "bigint"},
    {"NUMERIC_SCALE", "bigint"},
    {"DATETIME_PRECISION", "int"},
    {"CHARACTER_SET_NAME", "varchar(64)"},
    {"COLLATION_NAME", "varchar(64)"},
    {"COLUMN_TYPE", "mediumtext"},
    {"COLUMN_KEY", "varchar(3)"},
    {"EXTRA", "varchar(256)"},
    {"PRIVILEGES", "varchar(154)"},
    {"COLUMN_COMMENT", "text"},
    {"GENERATION_EXPRESSION", "longtext"},
    {"SRS_ID", "int"},
};
constexpr InfoColumn kViews[] = {
    {"TABLE_CATALOG", "varchar(64)"},
    {"TABLE_SCHEMA", "varchar(64)"},
    {"TABLE_NAME", "varchar(64)"},
    {"VIEW_DEFINITION", "longtext"},
    {"CHECK_OPTION", "varchar(8)"},
    {"IS_UPDATABLE", "varchar(3)"},
    {"DEFINER", "varchar(288)"},
    {"SECURITY_TYPE", "varchar(7)"},
    {"CHARACTER_SET_CLIENT", "varchar(64)"},
    {"COLLATION_CONNECTION", "varchar(64)"},
};

constexpr InfoTable kList[] = {
    {"SCHEMATA", kSchemata, schemata}, {"TABLES", kTables, tables},
    {"COLUMNS", kColumns, columns},    {"MURMEL_TEMPORARY_COLUMNS", kColumns, temporary_columns},
    {"VIEWS", kViews, views},
};

}  // namespace

std::span<const InfoTable> schema_tables() {
  return kList;
}

}  // namespace murmel::session
