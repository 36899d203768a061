// What there is of the server: engines, character sets, collations, variables, status, clients, warnings; and
// tables of what there is none.
#include "agent/functions/collation.h"
#include "agent/session/collations.h"
#include "agent/session/info_groups.h"
#include "agent/sql/types.h"

namespace murmel::session {
namespace {

constexpr std::monostate kNothing;

Cell as_text(std::string value) {
  return Cell(std::move(value));
}
Cell as_number(std::int64_t value) {
  return Cell(value);
}

void engines(InfoSource&, Rows& rows) {
  rows.push_back({as_text("InnoDB"), as_text("DEFAULT"),
                  as_text("SQLite under this name, as clients expect it"), as_text("YES"), as_text("NO"),
                  as_text("YES")});
}

void character_sets(InfoSource&, Rows& rows) {
  rows.push_back({as_text("ascii"), as_text("ascii_general_ci"), as_text("US ASCII"), as_number(1)});
  rows.push_back({as_text("binary"), as_text("binary"), as_text("Binary pseudo charset"), as_number(1)});
  rows.push_back(
      {as_text("latin1"), as_text("latin1_swedish_ci"), as_text("cp1252 West European"), as_number(1)});
  rows.push_back({as_text("utf8mb3"), as_text("utf8mb3_general_ci"), as_text("UTF-8 Unicode"), as_number(3)});
  rows.push_back({as_text("utf8mb4"), as_text("utf8mb4_0900_ai_ci"), as_text("UTF-8 Unicode"), as_number(4)});
}

void collations(InfoSource&, Rows& rows) {
  for (const CollationId& collation : collation_ids()) {
    if (functions::find_collation(collation.name) == nullptr) continue;
    const std::string name = collation.name;
    const std::string charset = name.substr(0, name.find('_'));
    const bool standard = name == sql::default_collation(charset);
    const bool no_pad = name == "binary" || name.find("_0900_") != std::string::npos;
    rows.push_back({as_text(name), as_text(charset), as_number(collation.id), as_text(standard ? "Yes" : ""),
                    as_text("Yes"), as_number(1), as_text(no_pad ? "NO PAD" : "PAD SPACE")});
  }
}

void variable_rows(InfoSource& source, bool global, Rows& rows) {
  for (auto& [name, value] : source.state().variables.all(global)) {
    rows.push_back({as_text(std::move(name)), as_text(std::move(value))});
  }
}
void session_variables(InfoSource& source, Rows& rows) {
  variable_rows(source, false, rows);
}
void global_variables(InfoSource& source, Rows& rows) {
  variable_rows(source, true, rows);
}

void status_rows(InfoSource& source, bool global, Rows& rows) {
  for (auto& [name, value] : source.status(global))
    rows.push_back({as_text(std::move(name)), as_text(std::move(value))});
}
void session_status(InfoSource& source, Rows& rows) {
  status_rows(source, false, rows);
}
void global_status(InfoSource& source, Rows& rows) {
  status_rows(source, true, rows);
}

void processlist(InfoSource& source, Rows& rows) {
  for (const Process& process : source.processes()) {
    rows.push_back({as_number(static_cast<std::int64_t>(process.id)), as_text(process.user),
                    as_text(process.host),
                    process.database.empty() ? Cell(kNothing) : as_text(process.database),
                    as_text(process.command), as_number(process.seconds), as_text(""),
                    process.text.empty() ? Cell(kNothing) : as_text(process.text)});
  }
}

void warnings(InfoSource& source, Rows& rows) {
  for (const Diagnostic& diagnostic : source.state().diagnostics.kept()) {
    rows.push_back(
        {as_text(level_name(diagnostic.level)), as_number(diagnostic.number), as_text(diagnostic.message)});
  }
}

void attributes(InfoSource& source, Rows& rows) {
  std::int64_t position = 0;
  for (auto& [name, value] : source.connect_attributes()) {
    rows.push_back({as_number(static_cast<std::int64_t>(source.state().identity.connection)),
                    as_text(std::move(name)), as_text(std::move(value)), as_number(position++)});
  }
}

void applicability(InfoSource&, Rows& rows) {
  for (const CollationId& collation : collation_ids()) {
    if (functions::find_collation(collation.name) == nullptr) continue;
    const std::string name = collation.name;
    rows.push_back({as_text(name), as_text(name.substr(0, name.find('_')))});
  }
}

void nothing(InfoSource&, Rows&) {}

constexpr InfoColumn kAttributes[] = {
    {"PROCESSLIST_ID", "bigint unsigned"},
    {"ATTR_NAME", "varchar(32)"},
    {"ATTR_VALUE", "varchar(1024)"},
    {"ORDINAL_POSITION", "int"},
};
constexpr InfoColumn kApplicability[] = {{"COLLATION_NAME", "varchar(64)"},
                                         {"CHARACTER_SET_NAME", "varchar(64)"}};
constexpr InfoColumn kEngines[] = {
    {"ENGINE", "varchar(64)"},      {"SUPPORT", "varchar(8)"}, {"COMMENT", "varchar(80)"},
    {"TRANSACTIONS", "varchar(3)"}, {"XA", "varchar(3)"},      {"SAVEPOINTS", "varchar(3)"},
};
constexpr InfoColumn kCharacterSets[] = {
    {"CHARACTER_SET_NAME", "varchar(64)"},
    {"DEFAULT_COLLATE_NAME", "varchar(64)"},
    {"DESCRIPTION", "varchar(2048)"},
    {"MAXLEN", "int"},
};
constexpr InfoColumn kCollations[] = {
    {"COLLATION_NAME", "varchar(64)"}, {"CHARACTER_SET_NAME", "varchar(64)"}, {"ID", "bigint"},
    {"IS_DEFAULT", "varchar(3)"},      {"IS_COMPILED", "varchar(3)"},         {"SORTLEN", "int"},
    {"PAD_ATTRIBUTE", "varchar(9)"},
};
constexpr InfoColumn kVariablePairs[] = {{"VARIABLE_NAME", "varchar(64)"},
                                         {"VARIABLE_VALUE", "varchar(1024)"}};
constexpr InfoColumn kProcesslist[] = {
    {"ID", "bigint"},           {"USER", "varchar(32)"}, {"HOST", "varchar(261)"}, {"DB", "varchar(64)"},
    {"COMMAND", "varchar(16)"}, {"TIME", "int"},         {"STATE", "varchar(64)"}, {"INFO", "longtext"},
};
constexpr InfoColumn kWarnings[] = {{"LEVEL", "varchar(7)"}, {"CODE", "int"}, {"MESSAGE", "varchar(512)"}};

constexpr InfoTable kServerTables[] = {
    {"ENGINES", kEngines, engines},
    {"CHARACTER_SETS", kCharacterSets, character_sets},
    {"COLLATIONS", kCollations, collations},
    {"SESSION_VARIABLES", kVariablePairs, session_variables, kPerformanceSchema},
    {"GLOBAL_VARIABLES", kVariablePairs, global_variables, kPerformanceSchema},
    {"SESSION_STATUS", kVariablePairs, session_status, kPerformanceSchema},
    {"GLOBAL_STATUS", kVariablePairs, global_status, kPerformanceSchema},
    {"SESSION_ACCOUNT_CONNECT_ATTRS", kAttributes, attributes, kPerformanceSchema},
    {"SESSION_CONNECT_ATTRS", kAttributes, attributes, kPerformanceSchema},
    {"COLLATION_CHARACTER_SET_APPLICABILITY", kApplicability, applicability},
    {"PROCESSLIST", kProcesslist, processlist},
    {"MURMEL_WARNINGS", kWarnings, warnings},
};

constexpr InfoColumn kRoutines[] = {
    {"SPECIFIC_NAME", "varchar(64)"},
    {"ROUTINE_CATALOG", "varchar(64)"},
    {"ROUTINE_SCHEMA", "varchar(64)"},
    {"ROUTINE_NAME", "varchar(64)"},
    {"ROUTINE_TYPE", "varchar(9)"},
    {"DATA_TYPE", "longtext"},
    {"CHARACTER_MAXIMUM_LENGTH", "bigint"},
    {"CHARACTER_OCTET_LENGTH", "bigint"},
    {"NUMERIC_PRECISION", "int"},
    {"NUMERIC_SCALE", "int"},
    {"DATETIME_PRECISION", "int"},
    {"CHARACTER_SET_NAME", "varchar(64)"},
    {"COLLATION_NAME", "varchar(64)"},
    {"DTD_IDENTIFIER", "longtext"},
    {"ROUTINE_BODY", "varchar(8)"},
    {"ROUTINE_DEFINITION", "longtext"},
    {"EXTERNAL_NAME", "varchar(64)"},
    {"EXTERNAL_LANGUAGE", "varchar(64)"},
    {"PARAMETER_STYLE", "varchar(3)"},
    {"IS_DETERMINISTIC", "varchar(3)"},
    {"SQL_DATA_ACCESS", "varchar(17)"},
    {"SQL_PATH", "varchar(64)"},
    {"SECURITY_TYPE", "varchar(7)"},
    {"CREATED", "timestamp"},
    {"LAST_ALTERED", "timestamp"},
    {"SQL_MODE", "varchar(512)"},
    {"ROUTINE_COMMENT", "text"},
    {"DEFINER", "varchar(288)"},
    {"CHARACTER_SET_CLIENT", "varchar(64)"},
    {"COLLATION_CONNECTION", "varchar(64)"},
    {"DATABASE_COLLATION", "varchar(64)"},
};
constexpr InfoColumn kEvents[] = {
    {"EVENT_CATALOG", "varchar(64)"},
    {"EVENT_SCHEMA", "varchar(64)"},
    {"EVENT_NAME", "varchar(64)"},
    {"DEFINER", "varchar(288)"},
    {"TIME_ZONE", "varchar(64)"},
    {"EVENT_BODY", "varchar(3)"},
    {"EVENT_DEFINITION", "longtext"},
    {"EVENT_TYPE", "varchar(9)"},
    {"EXECUTE_AT", "datetime"},
    {"INTERVAL_VALUE", "varchar(256)"},
    {"INTERVAL_FIELD", "varchar(18)"},
    {"SQL_MODE", "varchar(512)"},
    {"STARTS", "datetime"},
    {"ENDS", "datetime"},
    {"STATUS", "varchar(21)"},
    {"ON_COMPLETION", "varchar(12)"},
    {"CREATED", "timestamp"},
    {"LAST_ALTERED", "timestamp"},
    {"LAST_EXECUTED", "datetime"},
    {"EVENT_COMMENT", "varchar(2048)"},
    {"ORIGINATOR", "int"},
    {"CHARACTER_SET_CLIENT", "varchar(64)"},
    {"COLLATION_CONNECTION", "varchar(64)"},
    {"DATABASE_COLLATION", "varchar(64)"},
};
constexpr InfoColumn kFiles[] = {
    {"FILE_NAME", "text"},
    {"FILE_TYPE", "varchar(256)"},
    {"TABLESPACE_NAME", "varchar(268)"},
    {"LOGFILE_GROUP_NAME", "varchar(256)"},
    {"ENGINE", "varchar(64)"},
    {"TOTAL_EXTENTS", "bigint"},
    {"INITIAL_SIZE", "bigint"},
    {"EXTENT_SIZE", "bigint"},
    {"EXTRA", "varchar(256)"},
};
constexpr InfoColumn kPartitions[] = {
    {"TABLE_CATALOG", "varchar(64)"},
    {"TABLE_SCHEMA", "varchar(64)"},
    {"TABLE_NAME", "varchar(64)"},
    {"PARTITION_NAME", "varchar(64)"},
    {"SUBPARTITION_NAME", "varchar(64)"},
    {"PARTITION_ORDINAL_POSITION", "int"},
    {"SUBPARTITION_ORDINAL_POSITION", "int"},
    {"PARTITION_METHOD", "varchar(13)"},
    {"SUBPARTITION_METHOD", "varchar(13)"},
    {"PARTITION_EXPRESSION", "varchar(2048)"},
    {"SUBPARTITION_EXPRESSION", "varchar(2048)"},
    {"PARTITION_DESCRIPTION", "text"},
    {"TABLE_ROWS", "bigint"},
    {"AVG_ROW_LENGTH", "bigint"},
    {"DATA_LENGTH", "bigint"},
    {"MAX_DATA_LENGTH", "bigint"},
    {"INDEX_LENGTH", "bigint"},
    {"DATA_FREE", "bigint"},
    {"CREATE_TIME", "timestamp"},
    {"UPDATE_TIME", "datetime"},
    {"CHECK_TIME", "datetime"},
    {"CHECKSUM", "bigint"},
    {"PARTITION_COMMENT", "text"},
    {"NODEGROUP", "varchar(256)"},
    {"TABLESPACE_NAME", "varchar(268)"},
};
constexpr InfoColumn kParameters[] = {
    {"SPECIFIC_CATALOG", "varchar(64)"},
    {"SPECIFIC_SCHEMA", "varchar(64)"},
    {"SPECIFIC_NAME", "varchar(64)"},
    {"ORDINAL_POSITION", "bigint"},
    {"PARAMETER_MODE", "varchar(5)"},
    {"PARAMETER_NAME", "varchar(64)"},
    {"DATA_TYPE", "longtext"},
    {"CHARACTER_MAXIMUM_LENGTH", "bigint"},
    {"CHARACTER_OCTET_LENGTH", "bigint"},
    {"NUMERIC_PRECISION", "int"},
    {"NUMERIC_SCALE", "bigint"},
    {"DATETIME_PRECISION", "int"},
    {"CHARACTER_SET_NAME", "varchar(64)"},
    {"COLLATION_NAME", "varchar(64)"},
    {"DTD_IDENTIFIER", "mediumtext"},
    {"ROUTINE_TYPE", "varchar(9)"},
};
constexpr InfoColumn kPlugins[] = {
    {"PLUGIN_NAME", "varchar(64)"}, {"PLUGIN_VERSION", "varchar(20)"}, {"PLUGIN_STATUS", "varchar(10)"},
    {"PLUGIN_TYPE", "varchar(80)"}, {"PLUGIN_LIBRARY", "varchar(64)"}, {"PLUGIN_LICENSE", "varchar(80)"},
};
constexpr InfoColumn kColumnStatistics[] = {{"SCHEMA_NAME", "varchar(64)"},
                                            {"TABLE_NAME", "varchar(64)"},
                                            {"COLUMN_NAME", "varchar(64)"},
                                            {"HISTOGRAM", "json"}};
constexpr InfoColumn kRoles[] = {
    {"USER", "varchar(97)"},          {"HOST", "varchar(256)"},      {"GRANTEE", "varchar(97)"},
    {"GRANTEE_HOST", "varchar(256)"}, {"ROLE_NAME", "varchar(255)"}, {"ROLE_HOST", "varchar(256)"},
    {"IS_GRANTABLE", "varchar(3)"},   {"IS_DEFAULT", "varchar(3)"},  {"IS_MANDATORY", "varchar(3)"}};
constexpr InfoColumn kEnabledRoles[] = {{"ROLE_NAME", "varchar(255)"},
                                        {"ROLE_HOST", "varchar(255)"},
                                        {"IS_DEFAULT", "varchar(3)"},
                                        {"IS_MANDATORY", "varchar(3)"}};
constexpr InfoColumn kTablespaces[] = {{"TABLESPACE_NAME", "varchar(268)"}, {"ENGINE", "varchar(64)"}};
constexpr InfoColumn kGeometryColumns[] = {{"TABLE_CATALOG", "varchar(64)"},  {"TABLE_SCHEMA", "varchar(64)"},
                                           {"TABLE_NAME", "varchar(64)"},     {"COLUMN_NAME", "varchar(64)"},
                                           {"SRS_NAME", "varchar(80)"},       {"SRS_ID", "int unsigned"},
                                           {"GEOMETRY_TYPE_NAME", "longtext"}};
constexpr InfoColumn kProfiling[] = {
    {"QUERY_ID", "int"}, {"SEQ", "int"}, {"STATE", "varchar(30)"}, {"DURATION", "decimal(9,6)"}};
constexpr InfoColumn kInnodbTransactions[] = {{"trx_id", "bigint unsigned"},
                                              {"trx_state", "varchar(13)"},
                                              {"trx_started", "datetime"},
                                              {"trx_requested_lock_id", "varchar(105)"},
                                              {"trx_wait_started", "datetime"},
                                              {"trx_weight", "bigint unsigned"},
                                              {"trx_mysql_thread_id", "bigint unsigned"},
                                              {"trx_query", "varchar(1024)"},
                                              {"trx_operation_state", "varchar(64)"},
                                              {"trx_tables_in_use", "bigint unsigned"},
                                              {"trx_tables_locked", "bigint unsigned"},
                                              {"trx_rows_locked", "bigint unsigned"},
                                              {"trx_rows_modified", "bigint unsigned"},
                                              {"trx_isolation_level", "varchar(16)"}};
constexpr InfoColumn kInnodbTables[] = {{"TABLE_ID", "bigint unsigned"},
                                        {"NAME", "varchar(655)"},
                                        {"FLAG", "int"},
                                        {"N_COLS", "int"},
                                        {"SPACE", "bigint"},
                                        {"ROW_FORMAT", "varchar(12)"},
                                        {"ZIP_PAGE_SIZE", "int unsigned"},
                                        {"SPACE_TYPE", "varchar(10)"}};
constexpr InfoColumn kInnodbMetrics[] = {{"NAME", "varchar(193)"},
                                         {"SUBSYSTEM", "varchar(193)"},
                                         {"COUNT", "bigint"},
                                         {"STATUS", "varchar(8)"},
                                         {"COMMENT", "varchar(193)"}};
constexpr InfoTable kEmptyTables[] = {
    {"COLUMN_STATISTICS", kColumnStatistics, nothing},
    {"APPLICABLE_ROLES", kRoles, nothing},
    {"ADMINISTRABLE_ROLE_AUTHORIZATIONS", kRoles, nothing},
    {"ENABLED_ROLES", kEnabledRoles, nothing},
    {"TABLESPACES", kTablespaces, nothing},
    {"ST_GEOMETRY_COLUMNS", kGeometryColumns, nothing},
    {"PROFILING", kProfiling, nothing},
    {"INNODB_TRX", kInnodbTransactions, nothing},
    {"INNODB_TABLES", kInnodbTables, nothing},
    {"INNODB_METRICS", kInnodbMetrics, nothing},
    {"ROUTINES", kRoutines, nothing},
    {"EVENTS", kEvents, nothing},
    {"FILES", kFiles, nothing},
    {"PARTITIONS", kPartitions, nothing},
    {"PARAMETERS", kParameters, nothing},
    {"PLUGINS", kPlugins, nothing},
};

}  // namespace

std::span<const InfoTable> server_tables() {
  return kServerTables;
}
std::span<const InfoTable> empty_tables() {
  return kEmptyTables;
}

}  // namespace murmel::session
