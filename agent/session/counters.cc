#include "agent/session/counters.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "agent/session/variables.h"

namespace murmel::session {
namespace {

// In order.
constexpr std::string_view kNames[] = {
    "Aborted_clients",
    "Aborted_connects",
    "Bytes_received",
    "Bytes_sent",
    "Com_admin_commands",
    "Com_alter_db",
    "Com_alter_table",
    "Com_alter_user",
    "Com_analyze",
    "Com_begin",
    "Com_change_db",
    "Com_check",
    "Com_checksum",
    "Com_commit",
    "Com_create_db",
    "Com_create_index",
    "Com_create_role",
    "Com_create_table",
    "Com_create_trigger",
    "Com_create_user",
    "Com_create_view",
    "Com_dealloc_sql",
    "Com_delete",
    "Com_drop_db",
    "Com_drop_index",
    "Com_drop_role",
    "Com_drop_table",
    "Com_drop_trigger",
    "Com_drop_user",
    "Com_drop_view",
    "Com_empty_query",
    "Com_execute_sql",
    "Com_explain_other",
    "Com_flush",
    "Com_grant",
    "Com_insert",
    "Com_kill",
    "Com_load",
    "Com_lock_tables",
    "Com_optimize",
    "Com_prepare_sql",
    "Com_release_savepoint",
    "Com_rename_table",
    "Com_rename_user",
    "Com_repair",
    "Com_replace",
    "Com_revoke",
    "Com_rollback",
    "Com_rollback_to_savepoint",
    "Com_savepoint",
    "Com_select",
    "Com_set_option",
    "Com_set_password",
    "Com_show_charsets",
    "Com_show_collations",
    "Com_show_create_db",
    "Com_show_create_table",
    "Com_show_create_trigger",
    "Com_show_create_user",
    "Com_show_databases",
    "Com_show_engine_status",
    "Com_show_errors",
    "Com_show_events",
    "Com_show_fields",
    "Com_show_function_status",
    "Com_show_grants",
    "Com_show_keys",
    "Com_show_open_tables",
    "Com_show_plugins",
    "Com_show_privileges",
    "Com_show_procedure_status",
    "Com_show_processlist",
    "Com_show_profiles",
    "Com_show_status",
    "Com_show_storage_engines",
    "Com_show_table_status",
    "Com_show_tables",
    "Com_show_triggers",
    "Com_show_variables",
    "Com_show_warnings",
    "Com_stmt_close",
    "Com_stmt_execute",
    "Com_stmt_fetch",
    "Com_stmt_prepare",
    "Com_stmt_reset",
    "Com_truncate",
    "Com_unlock_tables",
    "Com_update",
    "Connections",
    "Created_tmp_disk_tables",
    "Created_tmp_files",
    "Created_tmp_tables",
    "Handler_commit",
    "Handler_delete",
    "Handler_prepare",
    "Handler_read_first",
    "Handler_read_key",
    "Handler_read_last",
    "Handler_read_next",
    "Handler_read_prev",
    "Handler_read_rnd",
    "Handler_read_rnd_next",
    "Handler_rollback",
    "Handler_update",
    "Handler_write",
    "Innodb_buffer_pool_pages_total",
    "Innodb_buffer_pool_read_requests",
    "Innodb_buffer_pool_reads",
    "Innodb_row_lock_waits",
    "Innodb_rows_deleted",
    "Innodb_rows_inserted",
    "Innodb_rows_read",
    "Innodb_rows_updated",
    "Key_read_requests",
    "Key_reads",
    "Open_files",
    "Open_tables",
    "Opened_tables",
    "Prepared_stmt_count",
    "Queries",
    "Questions",
    "Select_full_join",
    "Select_scan",
    "Slow_queries",
    "Sort_merge_passes",
    "Sort_rows",
    "Sort_scan",
    "Table_locks_immediate",
    "Table_locks_waited",
    "Threads_cached",
    "Threads_created",
};
static_assert(std::size(kNames) <= Counters::kCountersMax);

std::string small(std::string_view words) {
  std::string text = lower_case(words);
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

std::string of_transaction(sql::TransactionCommand::What what) {
  using What = sql::TransactionCommand::What;
  switch (what) {
    case What::kBegin: return "begin";
    case What::kCommit: return "commit";
    case What::kRollback: return "rollback";
    case What::kSavepoint: return "savepoint";
    case What::kRollbackTo: return "rollback_to_savepoint";
    case What::kRelease: return "release_savepoint";
  }
  return {};
}

std::string of_write(sql::Statement::WriteVerb verb) {
  using Verb = sql::Statement::WriteVerb;
  switch (verb) {
    case Verb::kNone: return {};
    case Verb::kInsert: return "insert";
    case Verb::kReplace: return "replace";
    case Verb::kUpdate: return "update";
    case Verb::kDelete: return "delete";
    case Verb::kLoad: return "load";
  }
  return {};
}

std::string of_show(const std::string& what) {
  constexpr std::pair<std::string_view, const char*> kOther[] = {
      {"COLUMNS", "fields"},          {"INDEX", "keys"},
      {"CHARACTER SET", "charsets"},  {"COLLATION", "collations"},
      {"ENGINES", "storage_engines"}, {"CREATE DATABASE", "create_db"},
      {"CREATE VIEW", "create_table"}};
  for (const auto& [words, name] : kOther) {
    if (what == words) return std::string("show_") + name;
  }
  return "show_" + small(what);
}

// The first two words: CREATE TABLE, DROP INDEX, GRANT.
std::string first_words(std::string_view text) {
  std::string words;
  int count = 0;
  bool inside = false;
  for (const char c : text) {
    const bool letter = std::isalpha(static_cast<unsigned char>(c)) != 0;
    if (letter && !inside && ++count > 2) break;
    if (letter && !inside && count == 2) words += '_';
    if (letter) words += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!letter && c != ' ' && count >= 1) break;
    inside = letter;
  }
  for (const char* const alone : {"truncate", "grant", "revoke"}) {
    if (words.starts_with(alone)) return alone;
  }
  return words;
}

std::string of_prepared(sql::PreparedCommand::What what) {
  using What = sql::PreparedCommand::What;
  switch (what) {
    case What::kPrepare: return "prepare_sql";
    case What::kExecute: return "execute_sql";
    case What::kDeallocate: return "dealloc_sql";
  }
  return {};
}

std::string of_database(sql::DatabaseCommand::What what) {
  using What = sql::DatabaseCommand::What;
  switch (what) {
    case What::kCreate: return "create_db";
    case What::kDrop: return "drop_db";
    case What::kAlter: return "alter_db";
  }
  return {};
}

std::string of_admin(const std::string& what) {
  const bool of_tables = what.ends_with(" TABLE");
  return small(of_tables ? std::string_view(what).substr(0, what.find(' ')) : std::string_view(what));
}

std::string name_of(const sql::Statement& statement) {
  switch (statement.kind) {
    case sql::StatementKind::kQuery: return "select";
    case sql::StatementKind::kExplain: return "explain_other";
    case sql::StatementKind::kWrite: return of_write(statement.verb);
    case sql::StatementKind::kSet: return "set_option";
    case sql::StatementKind::kUse: return "change_db";
    case sql::StatementKind::kKill: return "kill";
    case sql::StatementKind::kDdl:
    case sql::StatementKind::kAccount: return first_words(statement.text);
    case sql::StatementKind::kTransaction:
      return of_transaction(std::get<sql::TransactionCommand>(statement.command).what);
    case sql::StatementKind::kShow: return of_show(std::get<sql::ShowCommand>(statement.command).what);
    case sql::StatementKind::kPrepared:
      return of_prepared(std::get<sql::PreparedCommand>(statement.command).what);
    case sql::StatementKind::kDatabase:
      return of_database(std::get<sql::DatabaseCommand>(statement.command).what);
    case sql::StatementKind::kAdmin: return of_admin(std::get<sql::AdminCommand>(statement.command).what);
  }
  return {};
}

}  // namespace

Counters::Place Counters::place(std::string_view name) {
  const auto* const found = std::lower_bound(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames) || *found != name) return {};
  return {static_cast<std::size_t>(found - std::begin(kNames))};
}

std::vector<std::pair<std::string, std::string>> Counters::all() const {
  std::vector<std::pair<std::string, std::string>> rows;
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    rows.emplace_back(kNames[i], std::to_string(values_[i].load(std::memory_order_relaxed)));
  }
  return rows;
}

void Counters::reset() {
  for (auto& value : values_) value.store(0, std::memory_order_relaxed);
}

// What has an error was never one of these.
Counters::Place command_counter(const sql::Statement& statement) {
  return statement.has_error ? Counters::Place() : Counters::place("Com_" + name_of(statement));
}

}  // namespace murmel::session
