#include "agent/session/show.h"

#include <algorithm>
#include <cctype>

#include "agent/sql/mysql_text.h"
#include "agent/sql/stored_table.h"

namespace murmel::session {
namespace {

// {db} and {table} are quoted strings, {like} a condition on `column`.
struct Query {
  const char* what;
  const char* like_column;  // null: no LIKE
  bool needs_database;
  const char* text;
};

constexpr Query kQueries[] = {
    {"COLLATION", "COLLATION_NAME", false,
     "SELECT COLLATION_NAME AS `Collation`, CHARACTER_SET_NAME AS `Charset`, ID AS `Id`, IS_DEFAULT AS "
     "`Default`, IS_COMPILED AS `Compiled`, SORTLEN AS `Sortlen`, PAD_ATTRIBUTE AS `Pad_attribute` FROM "
     "information_schema.COLLATIONS WHERE {like} ORDER BY 1"},
    {"CHARACTER SET", "CHARACTER_SET_NAME", false,
     "SELECT CHARACTER_SET_NAME AS `Charset`, DESCRIPTION AS `Description`, DEFAULT_COLLATE_NAME AS `Default "
     "collation`, MAXLEN AS `Maxlen` FROM information_schema.CHARACTER_SETS WHERE {like} ORDER BY 1"},
    {"ENGINES", nullptr, false,
     "SELECT ENGINE AS `Engine`, SUPPORT AS `Support`, COMMENT AS `Comment`, TRANSACTIONS AS `Transactions`, "
     "XA, "
     "SAVEPOINTS AS `Savepoints` FROM information_schema.ENGINES"},
    {"PLUGINS", nullptr, false,
     "SELECT PLUGIN_NAME AS `Name`, PLUGIN_STATUS AS `Status`, PLUGIN_TYPE AS `Type`, PLUGIN_LIBRARY AS "
     "`Library`, PLUGIN_LICENSE AS `License` FROM information_schema.PLUGINS"},
    {"MASTER STATUS", nullptr, false,
     "SELECT '' AS `File`, 0 AS `Position`, '' AS `Binlog_Do_DB`, '' AS `Binlog_Ignore_DB`, '' AS "
     "`Executed_Gtid_Set` LIMIT 0"},
    {"REPLICA STATUS", nullptr, false,
     "SELECT '' AS `Replica_IO_State`, '' AS `Source_Host`, '' AS `Source_User`, 0 AS `Source_Port`, '' AS "
     "`Source_Log_File`, 0 AS `Read_Source_Log_Pos`, '' AS `Relay_Log_File`, 0 AS `Relay_Log_Pos`, '' AS "
     "`Replica_IO_Running`, '' AS `Replica_SQL_Running`, 0 AS `Last_Errno`, '' AS `Last_Error`, 0 AS "
     "`Seconds_Behind_Source`, '' AS `Channel_Name` LIMIT 0"},
    {"REPLICAS", nullptr, false,
     "SELECT 0 AS `Server_Id`, '' AS `Host`, 0 AS `Port`, 0 AS `Source_Id`, '' AS `Replica_UUID` LIMIT 0"},
    {"PROFILES", nullptr, false, "SELECT 0 AS `Query_ID`, 0.0 AS `Duration`, '' AS `Query` LIMIT 0"},
    {"ENGINE STATUS", nullptr, false,
     "SELECT 'InnoDB' AS `Type`, '' AS `Name`, 'Tables are kept by SQLite: see "
     "information_schema.MURMEL_REPLICATION' AS "
     "`Status`"},
    {"WARNINGS", nullptr, false,
     "SELECT LEVEL AS `Level`, CODE AS `Code`, MESSAGE AS `Message` FROM "
     "information_schema.MURMEL_WARNINGS"},
    {"ERRORS", nullptr, false,
     "SELECT LEVEL AS `Level`, CODE AS `Code`, MESSAGE AS `Message` FROM information_schema.MURMEL_WARNINGS "
     "WHERE LEVEL = 'Error'"},
    {"TABLE STATUS", "TABLE_NAME", true,
     "SELECT TABLE_NAME AS `Name`, ENGINE AS `Engine`, VERSION AS `Version`, ROW_FORMAT AS `Row_format`, "
     "TABLE_ROWS AS `Rows`, AVG_ROW_LENGTH AS `Avg_row_length`, DATA_LENGTH AS `Data_length`, "
     "MAX_DATA_LENGTH AS `Max_data_length`, INDEX_LENGTH AS `Index_length`, DATA_FREE AS `Data_free`, "
     "AUTO_INCREMENT AS `Auto_increment`, CREATE_TIME AS `Create_time`, UPDATE_TIME AS `Update_time`, "
     "CHECK_TIME AS `Check_time`, TABLE_COLLATION AS `Collation`, CHECKSUM AS `Checksum`, CREATE_OPTIONS AS "
     "`Create_options`, TABLE_COMMENT AS `Comment` FROM information_schema.TABLES WHERE TABLE_SCHEMA = {db} "
     "AND {like} ORDER BY 1"},
    {"OPEN TABLES", "TABLE_NAME", true,
     "SELECT TABLE_SCHEMA AS `Database`, TABLE_NAME AS `Table`, 0 AS `In_use`, 0 AS `Name_locked` FROM "
     "information_schema.TABLES WHERE TABLE_SCHEMA = {db} AND {like} ORDER BY 2"},
    {"INDEX", nullptr, true,
     "SELECT TABLE_NAME AS `Table`, NON_UNIQUE AS `Non_unique`, INDEX_NAME AS `Key_name`, SEQ_IN_INDEX AS "
     "`Seq_in_index`, COLUMN_NAME AS `Column_name`, COLLATION AS `Collation`, CARDINALITY AS `Cardinality`, "
     "SUB_PART AS `Sub_part`, PACKED AS `Packed`, NULLABLE AS `Null`, INDEX_TYPE AS `Index_type`, COMMENT AS "
     "`Comment`, INDEX_COMMENT AS `Index_comment`, IS_VISIBLE AS `Visible`, EXPRESSION AS `Expression` FROM "
     "information_schema.STATISTICS WHERE TABLE_SCHEMA = {db} AND TABLE_NAME = {table}"},
    {"TRIGGERS", "EVENT_OBJECT_TABLE", true,
     "SELECT TRIGGER_NAME AS `Trigger`, EVENT_MANIPULATION AS `Event`, EVENT_OBJECT_TABLE AS `Table`, "
     "ACTION_STATEMENT AS `Statement`, ACTION_TIMING AS `Timing`, CREATED AS `Created`, SQL_MODE AS "
     "`sql_mode`, DEFINER AS `Definer`, CHARACTER_SET_CLIENT AS `character_set_client`, COLLATION_CONNECTION "
     "AS `collation_connection`, DATABASE_COLLATION AS `Database Collation` FROM information_schema.TRIGGERS "
     "WHERE TRIGGER_SCHEMA = {db} AND {like}"},
    {"CREATE TRIGGER", nullptr, true,
     "SELECT TRIGGER_NAME AS `Trigger`, SQL_MODE AS `sql_mode`, CONCAT('CREATE DEFINER=`root`@`%` TRIGGER "
     "`', "
     "REPLACE(TRIGGER_NAME, '`', '``'), '` ', ACTION_TIMING, ' ', EVENT_MANIPULATION, ' ON `', "
     "REPLACE(EVENT_OBJECT_TABLE, '`', '``'), '` FOR EACH ROW ', ACTION_STATEMENT) AS `SQL Original "
     "Statement`, "
     "CHARACTER_SET_CLIENT AS `character_set_client`, COLLATION_CONNECTION AS `collation_connection`, "
     "DATABASE_COLLATION AS `Database Collation`, CREATED AS `Created` FROM information_schema.TRIGGERS "
     "WHERE "
     "TRIGGER_SCHEMA = {db} AND TRIGGER_NAME = {table}"},
    {"EVENTS", "EVENT_NAME", true,
     "SELECT EVENT_SCHEMA AS `Db`, EVENT_NAME AS `Name`, DEFINER AS `Definer`, STATUS AS `Status` FROM "
     "information_schema.EVENTS WHERE EVENT_SCHEMA = {db} AND {like}"},
    {"PROCEDURE STATUS", "ROUTINE_NAME", false,
     "SELECT ROUTINE_SCHEMA AS `Db`, ROUTINE_NAME AS `Name`, ROUTINE_TYPE AS `Type`, DEFINER AS `Definer`, "
     "LAST_ALTERED AS `Modified`, CREATED AS `Created`, SECURITY_TYPE AS `Security_type`, ROUTINE_COMMENT AS "
     "`Comment` FROM information_schema.ROUTINES WHERE {like}"},
    {"FUNCTION STATUS", "ROUTINE_NAME", false,
     "SELECT ROUTINE_SCHEMA AS `Db`, ROUTINE_NAME AS `Name`, ROUTINE_TYPE AS `Type`, DEFINER AS `Definer`, "
     "LAST_ALTERED AS `Modified`, CREATED AS `Created`, SECURITY_TYPE AS `Security_type`, ROUTINE_COMMENT AS "
     "`Comment` FROM information_schema.ROUTINES WHERE {like}"},
};

void replace(std::string& text, std::string_view what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

std::string like(const sql::ShowCommand& show, const char* column) {
  if (!show.has_like || column == nullptr) return "1";
  return std::string(column) + " LIKE " + sql::mysql_string(show.like);
}

std::string tables_query(const sql::ShowCommand& show, const std::string& database) {
  const std::string title = "Tables_in_" + database + (show.has_like ? " (" + show.like + ")" : "");
  return "SELECT TABLE_NAME AS " + sql::mysql_name(title) +
         (show.full ? ", TABLE_TYPE AS `Table_type`" : "") +
         " FROM information_schema.TABLES WHERE TABLE_SCHEMA = " + sql::mysql_string(database) + " AND " +
         like(show, "TABLE_NAME") + " ORDER BY 1";
}

std::string columns_query(const sql::ShowCommand& show, const std::string& database) {
  return std::string("SELECT COLUMN_NAME AS `Field`, COLUMN_TYPE AS `Type`, ") +
         (show.full ? "COLLATION_NAME AS `Collation`, " : "") +
         "IS_NULLABLE AS `Null`, COLUMN_KEY AS `Key`, COLUMN_DEFAULT AS `Default`, EXTRA AS `Extra`" +
         (show.full ? ", PRIVILEGES AS `Privileges`, COLUMN_COMMENT AS `Comment`" : "") +
         " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = " + sql::mysql_string(database) +
         " AND TABLE_NAME = " + sql::mysql_string(show.name) + " AND " + like(show, "COLUMN_NAME") +
         " ORDER BY ORDINAL_POSITION";
}

std::string databases_query(const sql::ShowCommand& show) {
  const std::string title = show.has_like ? "Database (" + show.like + ")" : "Database";
  return "SELECT SCHEMA_NAME AS " + sql::mysql_name(title) + " FROM information_schema.SCHEMATA WHERE " +
         like(show, "SCHEMA_NAME") + " ORDER BY 1";
}

std::string pairs_query(const sql::ShowCommand& show) {
  const std::string scope = show.global ? "GLOBAL_" : "SESSION_";
  return "SELECT VARIABLE_NAME AS `Variable_name`, VARIABLE_VALUE AS `Value` FROM performance_schema." +
         scope + show.what + " WHERE " + like(show, "VARIABLE_NAME") + " ORDER BY 1";
}

std::string processes_query(const sql::ShowCommand& show) {
  return std::string(
             "SELECT ID AS `Id`, USER AS `User`, HOST AS `Host`, DB AS `db`, COMMAND AS `Command`, TIME AS "
             "`Time`, STATE AS `State`, ") +
         (show.full ? "INFO" : "LEFT(INFO, 100)") + " AS `Info` FROM information_schema.PROCESSLIST";
}

}  // namespace

mysql::Answer<std::string> show_temporary_query(const sql::ShowCommand& show, const std::string& current) {
  auto query = show_query(show, current);
  constexpr std::string_view kSchema = "information_schema.";
  if (query.ok()) query->insert(query->find(kSchema) + kSchema.size(), "MURMEL_TEMPORARY_");
  return query;
}

mysql::Answer<std::string> show_query(const sql::ShowCommand& show, const std::string& current) {
  const std::string& database = show.database.empty() ? current : show.database;
  if (show.what == "DATABASES") return databases_query(show);
  if (show.what == "VARIABLES" || show.what == "STATUS") return pairs_query(show);
  if (show.what == "PROCESSLIST") return processes_query(show);
  if (show.count) {
    return "SELECT COUNT(*) AS `@@session.warning_count` FROM information_schema.MURMEL_WARNINGS" +
           std::string(show.what == "ERRORS" ? " WHERE LEVEL = 'Error'" : "");
  }
  if (show.what == "TABLES" || show.what == "COLUMNS") {
    if (database.empty()) return mysql::no_database();
    return show.what == "TABLES" ? tables_query(show, database) : columns_query(show, database);
  }
  if (show.what == "BINARY LOGS")
    return mysql::ClientError{1381, "HY000", "You are not using binary logging"};
  const auto* const query = std::find_if(std::begin(kQueries), std::end(kQueries),
                                         [&](const Query& known) { return show.what == known.what; });
  if (query == std::end(kQueries)) return mysql::not_supported("SHOW " + show.what);
  if (query->needs_database && database.empty()) return mysql::no_database();
  std::string text = query->text;
  // What the client gave goes in last, as it may look like a place for the rest.
  replace(text, "{db}", sql::mysql_string(database));
  if (query->like_column == nullptr) {
    replace(text, "{table}", sql::mysql_string(show.name));
  } else {
    replace(text, "{like}", like(show, query->like_column));
  }
  return text;
}

}  // namespace murmel::session
