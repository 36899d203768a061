// SHOW, and the statements about tables that answer with rows: ANALYZE, CHECK, OPTIMIZE, REPAIR.
#include <utility>

#include "agent/service/client_errors.h"
#include "agent/service/sql_session.h"
#include "agent/session/columns.h"
#include "agent/session/describe.h"
#include "agent/session/show.h"
#include "agent/sql/mysql_text.h"
#include "agent/sql/stored_table.h"

namespace murmel::service {
namespace {

constexpr std::monostate kShown;

bool concerns_table(const std::string& what) {
  return what == "COLUMNS" || what == "INDEX";
}

std::string limited(std::string sql, const sql::ShowCommand& show) {
  if (!show.where_sql.empty()) sql = "SELECT * FROM (" + sql + ") WHERE " + show.where_sql;
  if (show.limit < 0) return sql;
  return "SELECT * FROM (" + sql + ") LIMIT " + std::to_string(show.limit) + " OFFSET " +
         std::to_string(show.offset);
}

}  // namespace

mysql::Answer<const sql::TableInfo*> SqlSession::known_table(const std::string& database,
                                                             const std::string& name) {
  const std::string& in = database.empty() ? databases_.name() : database;
  if (in.empty()) return mysql::no_database();
  if (!session::is_info_database(in) && !rights_->sees_table(in, name)) {
    return rights_->may_touch({{in, name}}, in).value_or(mysql::no_such_table(in, name));
  }
  if (!databases_.exists(in)) return mysql::unknown_database(in);
  const sql::TableInfo* const table = databases_.table(in == databases_.name() ? std::string() : in, name);
  if (table == nullptr) return mysql::no_such_table(in, name);
  return table;
}

SqlSession::Done SqlSession::command(const sql::ShowCommand& show, bool more) {
  if (show.what == "GRANTS" || show.what == "CREATE USER") return show_account(show, more);
  if (show.what == "CREATE TRIGGER") {
    const std::string in = show.database == databases_.name() ? std::string() : show.database;
    if (databases_.trigger_table(in, show.name) == nullptr)
      return mysql::ClientError{1360, "HY000", "Trigger does not exist"};
  } else if (show.what.starts_with("CREATE ")) {
    return show_create(show, more);
  }
  bool temporary = false;
  if (concerns_table(show.what)) {
    auto table = known_table(show.database, show.name);
    if (!table.ok()) return table.error();
    temporary = (*table)->temporary;
  } else if (!show.database.empty()) {
    if (auto refusal = may_use(show.database)) return *refusal;
    if (!databases_.exists(show.database)) return mysql::unknown_database(show.database);
  }
  auto query = temporary ? session::show_temporary_query(show, databases_.name())
                         : session::show_query(show, databases_.name());
  if (!query.ok()) return query.error();
  // The query is in MySQL's own words, whatever sql_mode says.
  sql::Settings plain;
  plain.database = databases_.name();
  sql::StatementReader reader(*query);
  auto statement = reader.next(plain, databases_);
  INVARIANT(statement.has_value());
  if (statement->has_error) {
    return mysql::ClientError{statement->error.number, statement->error.sqlstate, statement->error.message};
  }
  statement->steps[0].sql = limited(std::move(statement->steps[0].sql), show);
  return run_query(*statement, {}, more, nullptr);
}

SqlSession::Done SqlSession::send_texts(const std::vector<std::string>& titles,
                                        const std::vector<std::vector<std::string>>& rows, bool more) {
  std::vector<sql::ResultColumn> columns;
  for (const std::string& title : titles) {
    sql::ResultColumn column;
    column.name = title;
    column.type.kind = sql::TypeKind::kVarChar;
    columns.push_back(std::move(column));
  }
  reply_->columns(session::describe_columns(columns, {}, nullptr, {}));
  for (const std::vector<std::string>& row : rows) {
    values_.assign(row.begin(), row.end());
    if (!reply_->row(values_)) return mysql::malformed_packet();
  }
  reply_->end(outcome(more));
  return kShown;
}

SqlSession::Done SqlSession::show_create(const sql::ShowCommand& show, bool more) {
  if (show.what == "CREATE DATABASE") {
    if (auto refusal = may_use(show.name)) return *refusal;
    if (!databases_.exists(show.name)) return mysql::unknown_database(show.name);
    const std::string collation = rights_->collation_of(show.name);
    const std::string text = "CREATE DATABASE " + sql::mysql_name(show.name) +
                             " /*!40100 DEFAULT CHARACTER SET " + collation.substr(0, collation.find('_')) +
                             " COLLATE " + collation + " */ /*!80016 DEFAULT ENCRYPTION='N' */";
    return send_texts({"Database", "Create Database"}, {{show.name, text}}, more);
  }
  if (show.what != "CREATE TABLE" && show.what != "CREATE VIEW")
    return mysql::not_supported("SHOW " + show.what);
  auto table = known_table(show.database, show.name);
  if (!table.ok()) return table.error();
  const sql::TableInfo& info = **table;
  if (!info.view && show.what == "CREATE TABLE") {
    const std::int64_t next = databases_.next_number({show.database, show.name}).value_or(1);
    return send_texts({"Table", "Create Table"}, {{info.name, session::create_table_text(info, next)}}, more);
  }
  if (!info.view) {
    return mysql::ClientError{1347, "HY000", "'" + show.name + "' is not VIEW"};
  }
  if (!info.from_mysql)
    return mysql::not_supported("SHOW CREATE VIEW of one that SQLite's clients have made");
  const std::string& in = show.database.empty() ? databases_.name() : show.database;
  if (auto refusal = rights_->may_touch({{in, info.name, "SHOW VIEW"}}, in)) return *refusal;
  const session::DatabaseSchema* const schema = databases_.schema(in);
  if (schema == nullptr || !schema->views.contains(info.name)) return mysql::no_such_table(in, info.name);
  const std::string text = "CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`%` SQL SECURITY INVOKER VIEW " +
                           sql::mysql_name(info.name) + " " + schema->views.find(info.name)->second;
  return send_texts({"View", "Create View", "character_set_client", "collation_connection"},
                    {{info.name, text, "utf8mb4", "utf8mb4_0900_ai_ci"}}, more);
}

SqlSession::Done SqlSession::show_account(const sql::ShowCommand& show, bool more) {
  auto described = rights_->describe(show);
  if (!described.ok()) return described.error();
  std::vector<std::vector<std::string>> rows;
  for (std::string& line : described->rows) rows.push_back({std::move(line)});
  return send_texts({described->title}, rows, more);
}

// --- tables as a whole -------------------------------------------------------------------------------------

std::vector<std::vector<std::string>> SqlSession::maintain(const sql::AdminCommand& admin) {
  std::string verb = admin.what.substr(0, admin.what.find(' '));
  for (char& c : verb) c = static_cast<char>(c + 32);
  std::vector<std::vector<std::string>> rows;
  for (const sql::AdminCommand::Table& table : admin.tables) {
    auto known = known_table(table.database, table.name);
    const std::string name = (table.database.empty() ? databases_.name() : table.database) + "." + table.name;
    if (known.ok()) {
      rows.push_back({name, verb, "status", "OK"});
    } else {
      rows.push_back({name, verb, "Error", known.error().message});
    }
  }
  return rows;
}

// What has nothing to do here is done: SQLite keeps its own statistics and pages, and of what FLUSH empties
// only the accounts are cached.
SqlSession::Done SqlSession::command(const sql::AdminCommand& admin, bool more) {
  if (admin.what == "CHECKSUM TABLE") return mysql::not_supported(admin.what);
  if (admin.what.ends_with(" TABLE") && admin.what != "LOCK TABLE") {
    return send_texts({"Table", "Op", "Msg_type", "Msg_text"}, maintain(admin), more);
  }
  if (admin.what == "LOAD EXTENSION") {
    if (auto refusal = rights_->may({accounts::Privilege::kSuper})) return *refusal;
    Done loaded = databases_.load_extension(options_.extension_directory, admin.tables[0].name);
    if (loaded.ok()) ok(more);
    return loaded;
  }
  // Dumps unlock tables that they have not locked, within their transaction.
  const bool unlocks_nothing = admin.what.starts_with("UNLOCK TABLE") && locked_tables_.empty();
  Done ended = admin.what == "FLUSH" || unlocks_nothing ? Done(kShown) : end_transaction(true);
  if (!ended.ok()) return ended;
  if (admin.what.starts_with("LOCK TABLE")) {
    Done locked = lock_tables(admin);
    if (!locked.ok()) return locked;
  } else if (admin.what == "FLUSH") {
    if (auto refusal = rights_->refresh()) return *refusal;
  } else if (admin.what.starts_with("UNLOCK TABLE")) {
    unlock_tables();
  } else {
    return mysql::not_supported(admin.what);
  }
  ok(more);
  return kShown;
}

}  // namespace murmel::service
