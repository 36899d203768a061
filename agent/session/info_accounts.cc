// The schema `mysql`, read-only, as clients look into it, and what information_schema tells of privileges.
// The host fills the rows (service/account_rows.cc), in the order of these columns.
#include "agent/session/info_groups.h"

namespace murmel::session {
namespace {

template <AccountTable kTable>
void rows_of(InfoSource& source, Rows& rows) {
  rows = source.accounts(kTable);
}
void none(InfoSource&, Rows&) {}

constexpr char kYesNo[] = "enum('N','Y')";
constexpr char kHost[] = "char(255)";
constexpr char kUser[] = "char(32)";

constexpr InfoColumn kUsers[] = {
    {"Host", kHost},
    {"User", kUser},
    {"Select_priv", kYesNo},
    {"Insert_priv", kYesNo},
    {"Update_priv", kYesNo},
    {"Delete_priv", kYesNo},
    {"Create_priv", kYesNo},
    {"Drop_priv", kYesNo},
    {"Reload_priv", kYesNo},
    {"Shutdown_priv", kYesNo},
    {"Process_priv", kYesNo},
    {"File_priv", kYesNo},
    {"Grant_priv", kYesNo},
    {"References_priv", kYesNo},
    {"Index_priv", kYesNo},
    {"Alter_priv", kYesNo},
    {"Show_db_priv", kYesNo},
    {"Super_priv", kYesNo},
    {"Create_tmp_table_priv", kYesNo},
    {"Lock_tables_priv", kYesNo},
    {"Execute_priv", kYesNo},
    {"Repl_slave_priv", kYesNo},
    {"Repl_client_priv", kYesNo},
    {"Create_view_priv", kYesNo},
    {"Show_view_priv", kYesNo},
    {"Create_routine_priv", kYesNo},
    {"Alter_routine_priv", kYesNo},
    {"Create_user_priv", kYesNo},
    {"Event_priv", kYesNo},
    {"Trigger_priv", kYesNo},
    {"Create_tablespace_priv", kYesNo},
    {"ssl_type", "enum('','ANY','X509','SPECIFIED')"},
    {"ssl_cipher", "blob"},
    {"x509_issuer", "blob"},
    {"x509_subject", "blob"},
    {"max_questions", "int unsigned"},
    {"max_updates", "int unsigned"},
    {"max_connections", "int unsigned"},
    {"max_user_connections", "int unsigned"},
    {"plugin", "char(64)"},
    {"authentication_string", "text"},
    {"password_expired", kYesNo},
    {"password_last_changed", "timestamp"},
    {"password_lifetime", "smallint unsigned"},
    {"account_locked", kYesNo},
    {"Create_role_priv", kYesNo},
    {"Drop_role_priv", kYesNo},
    {"Password_reuse_history", "smallint unsigned"},
    {"Password_reuse_time", "smallint unsigned"},
    {"Password_require_current", kYesNo},
    {"User_attributes", "json"},
};
constexpr InfoColumn kDatabaseGrants[] = {
    {"Host", kHost},
    {"Db", "char(64)"},
    {"User", kUser},
    {"Select_priv", kYesNo},
    {"Insert_priv", kYesNo},
    {"Update_priv", kYesNo},
    {"Delete_priv", kYesNo},
    {"Create_priv", kYesNo},
    {"Drop_priv", kYesNo},
    {"Grant_priv", kYesNo},
    {"References_priv", kYesNo},
    {"Index_priv", kYesNo},
    {"Alter_priv", kYesNo},
    {"Create_tmp_table_priv", kYesNo},
    {"Lock_tables_priv", kYesNo},
    {"Create_view_priv", kYesNo},
    {"Show_view_priv", kYesNo},
    {"Create_routine_priv", kYesNo},
    {"Alter_routine_priv", kYesNo},
    {"Execute_priv", kYesNo},
    {"Event_priv", kYesNo},
    {"Trigger_priv", kYesNo},
};
constexpr InfoColumn kTableGrants[] = {
    {"Host", kHost},
    {"Db", "char(64)"},
    {"User", kUser},
    {"Table_name", "char(64)"},
    {"Grantor", "varchar(288)"},
    {"Timestamp", "timestamp"},
    {"Table_priv", "varchar(255)"},
    {"Column_priv", "varchar(255)"},
};
constexpr InfoColumn kColumnGrants[] = {
    {"Host", kHost},
    {"Db", "char(64)"},
    {"User", kUser},
    {"Table_name", "char(64)"},
    {"Column_name", "char(64)"},
    {"Timestamp", "timestamp"},
    {"Column_priv", "varchar(255)"},
};
constexpr InfoColumn kRoutineGrants[] = {
    {"Host", kHost},
    {"Db", "char(64)"},
    {"User", kUser},
    {"Routine_name", "char(64)"},
    {"Routine_type", "enum('FUNCTION','PROCEDURE')"},
    {"Grantor", "varchar(288)"},
    {"Proc_priv", "varchar(255)"},
    {"Timestamp", "timestamp"},
};
constexpr InfoColumn kRoleEdges[] = {
    {"FROM_HOST", kHost}, {"FROM_USER", kUser},          {"TO_HOST", kHost},
    {"TO_USER", kUser},   {"WITH_ADMIN_OPTION", kYesNo},
};
constexpr InfoColumn kDefaultRoles[] = {
    {"HOST", kHost},
    {"USER", kUser},
    {"DEFAULT_ROLE_HOST", kHost},
    {"DEFAULT_ROLE_USER", kUser},
};
constexpr InfoColumn kGlobalGrants[] = {
    {"USER", kUser},
    {"HOST", kHost},
    {"PRIV", "char(32)"},
    {"WITH_GRANT_OPTION", kYesNo},
};
constexpr InfoColumn kProxies[] = {
    {"Host", kHost},
    {"User", kUser},
    {"Proxied_host", kHost},
    {"Proxied_user", kUser},
    {"With_grant", "tinyint(1)"},
    {"Grantor", "varchar(288)"},
    {"Timestamp", "timestamp"},
};
constexpr InfoColumn kFunctions[] = {
    {"name", "char(64)"},
    {"ret", "tinyint(1)"},
    {"dl", "char(128)"},
    {"type", "enum('function','aggregate')"},
};
constexpr InfoColumn kPlugin[] = {{"name", "varchar(64)"}, {"dl", "varchar(128)"}};
constexpr InfoColumn kComponent[] = {
    {"component_id", "int unsigned"}, {"component_group_id", "int unsigned"}, {"component_urn", "text"}};
constexpr InfoColumn kServers[] = {
    {"Server_name", "char(64)"}, {"Host", kHost},          {"Db", "char(64)"},
    {"Username", "char(64)"},    {"Password", "char(64)"}, {"Port", "int"},
    {"Socket", "char(64)"},      {"Wrapper", "char(64)"},  {"Owner", "char(64)"},
};
constexpr InfoColumn kZones[] = {{"Time_zone_id", "int unsigned"}, {"Use_leap_seconds", "enum('Y','N')"}};
constexpr InfoColumn kZoneNames[] = {{"Name", "char(64)"}, {"Time_zone_id", "int unsigned"}};
constexpr InfoColumn kGeneralLog[] = {
    {"event_time", "timestamp(6)"}, {"user_host", "mediumtext"},     {"thread_id", "bigint unsigned"},
    {"server_id", "int unsigned"},  {"command_type", "varchar(64)"}, {"argument", "mediumblob"},
};
constexpr InfoColumn kSlowLog[] = {
    {"start_time", "timestamp(6)"}, {"user_host", "mediumtext"}, {"query_time", "time(6)"},
    {"lock_time", "time(6)"},       {"rows_sent", "int"},        {"rows_examined", "int"},
    {"db", "varchar(512)"},         {"last_insert_id", "int"},   {"insert_id", "int"},
    {"server_id", "int unsigned"},  {"sql_text", "mediumblob"},  {"thread_id", "bigint unsigned"},
};
constexpr InfoColumn kHelpTopics[] = {
    {"help_topic_id", "int unsigned"}, {"name", "char(64)"}, {"help_category_id", "smallint unsigned"},
    {"description", "text"},           {"example", "text"},  {"url", "text"},
};

constexpr InfoColumn kUserPrivileges[] = {
    {"GRANTEE", "varchar(292)"},
    {"TABLE_CATALOG", "varchar(512)"},
    {"PRIVILEGE_TYPE", "varchar(64)"},
    {"IS_GRANTABLE", "varchar(3)"},
};
constexpr InfoColumn kSchemaPrivileges[] = {
    {"GRANTEE", "varchar(292)"},       {"TABLE_CATALOG", "varchar(512)"}, {"TABLE_SCHEMA", "varchar(64)"},
    {"PRIVILEGE_TYPE", "varchar(64)"}, {"IS_GRANTABLE", "varchar(3)"},
};
constexpr InfoColumn kTablePrivileges[] = {
    {"GRANTEE", "varchar(292)"},   {"TABLE_CATALOG", "varchar(512)"}, {"TABLE_SCHEMA", "varchar(64)"},
    {"TABLE_NAME", "varchar(64)"}, {"PRIVILEGE_TYPE", "varchar(64)"}, {"IS_GRANTABLE", "varchar(3)"},
};
constexpr InfoColumn kColumnPrivileges[] = {
    {"GRANTEE", "varchar(292)"},    {"TABLE_CATALOG", "varchar(512)"}, {"TABLE_SCHEMA", "varchar(64)"},
    {"TABLE_NAME", "varchar(64)"},  {"COLUMN_NAME", "varchar(64)"},    {"PRIVILEGE_TYPE", "varchar(64)"},
    {"IS_GRANTABLE", "varchar(3)"},
};

constexpr InfoTable kAccountTables[] = {
    {"user", kUsers, rows_of<AccountTable::kUsers>, kMysqlSchema},
    {"db", kDatabaseGrants, rows_of<AccountTable::kDatabases>, kMysqlSchema},
    {"tables_priv", kTableGrants, rows_of<AccountTable::kTables>, kMysqlSchema},
    {"columns_priv", kColumnGrants, none, kMysqlSchema},
    {"procs_priv", kRoutineGrants, none, kMysqlSchema},
    {"proxies_priv", kProxies, none, kMysqlSchema},
    {"role_edges", kRoleEdges, rows_of<AccountTable::kRoleEdges>, kMysqlSchema},
    {"default_roles", kDefaultRoles, rows_of<AccountTable::kDefaultRoles>, kMysqlSchema},
    {"global_grants", kGlobalGrants, none, kMysqlSchema},
    {"func", kFunctions, none, kMysqlSchema},
    {"plugin", kPlugin, none, kMysqlSchema},
    {"component", kComponent, none, kMysqlSchema},
    {"servers", kServers, none, kMysqlSchema},
    {"time_zone", kZones, none, kMysqlSchema},
    {"time_zone_name", kZoneNames, none, kMysqlSchema},
    {"general_log", kGeneralLog, none, kMysqlSchema},
    {"slow_log", kSlowLog, none, kMysqlSchema},
    {"help_topic", kHelpTopics, none, kMysqlSchema},
    {"USER_PRIVILEGES", kUserPrivileges, rows_of<AccountTable::kUserPrivileges>},
    {"SCHEMA_PRIVILEGES", kSchemaPrivileges, rows_of<AccountTable::kSchemaPrivileges>},
    {"TABLE_PRIVILEGES", kTablePrivileges, rows_of<AccountTable::kTablePrivileges>},
    {"COLUMN_PRIVILEGES", kColumnPrivileges, none},
};

}  // namespace

std::span<const InfoTable> account_tables() {
  return kAccountTables;
}

}  // namespace murmel::session
