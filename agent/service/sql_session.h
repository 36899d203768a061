// SqlSession: what one MySQL client does with its databases. Runs commands one after the other in its own
// thread, on SQLite connections of its own, and writes the answers into the channel.
//
// Statements are SQLite's, but for those of session_statement.h. A transaction is one of SQLite's, on one
// database, and holds its write lock from the first write to its end. Only interrupt() and abort() may be
// called from other threads.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/mysql/session.h"
#include "agent/service/client_rights.h"
#include "agent/service/open_databases.h"
#include "agent/service/reply_channel.h"
#include "agent/service/session_statement.h"
#include "agent/store/client_database.h"

namespace murmel::service {

class SqlSession {
 public:
  SqlSession(const OpenDatabases& databases, ReplyChannel& channel, int lock_wait_ms)
      : names_(databases), channel_(channel), lock_wait_ms_(lock_wait_ms) {}
  ~SqlSession();

  // A user has logged in (or the client wants it as if): the session begins anew, with this database (empty:
  // none). Errors: 1044, 1049, 1105.
  mysql::Answer<mysql::Outcome> begin(const std::string& database, const ClientRights& rights);
  void run(mysql::event::Asked asked);

  // Ends the statement under way.
  void interrupt();
  // The client is gone: ends it, and all that come.
  void abort();

 private:
  using Database = store::ClientDatabase;
  struct Prepared {
    std::string sql;
    Database* database = nullptr;
    SessionStatement kind;
    store::ClientStatement statement;    // empty: not SQLite's
    std::vector<mysql::Column> columns;  // of an open cursor
    bool cursor = false;
    bool has_row = false;  // of the cursor, that was not fetched yet
  };
  using Done = mysql::Answer<std::monostate>;
  static constexpr std::monostate kDone{};

  Done on(const mysql::command::Query& query);
  Done on(const mysql::command::InitDatabase& init);
  Done on(const mysql::command::FieldList& list);
  Done on(const mysql::command::Prepare& prepare);
  Done on(const mysql::command::Execute& execute);
  Done on(const mysql::command::Fetch& fetch);
  Done on(const mysql::command::ResetStatement& reset);
  Done on(const mysql::command::ResetConnection& reset);
  Done on(const mysql::command::Statistics&) { return mysql::unknown_command(); }  // are answered by the loop
  Done on(const mysql::command::Kill&) { return mysql::unknown_command(); }

  Done run_own(const SessionStatement& statement, bool more);
  Done run_sqlite(Database& database, store::ClientStatement& statement, bool is_ddl, bool more);
  Done send_row(store::ClientStatement& statement, std::vector<mysql::Value>& values);
  Done send_rows(store::ClientStatement& statement, bool on_row);
  Done send_names(const std::string& title, const std::vector<std::string>& names, bool more);
  Done send_table_names(bool more);
  Done run_accounts(std::string_view sql, std::string_view* rest, bool alone);
  Done run_account(const sql::Statement& statement, bool more);
  Done send_processes(bool full, bool more);
  Done kill(const sql::KillCommand& command, bool more);
  Done send_text(const std::vector<mysql::Column>& columns,
                 const std::vector<std::vector<std::optional<std::string>>>& rows, bool more);
  mysql::Answer<store::ClientStatement> prepare_sqlite(Database& database, std::string_view sql,
                                                       std::string_view* rest, bool is_ddl);
  Done bind(store::ClientStatement& statement, const std::vector<mysql::OwnedValue>& parameters);
  Done use(const std::string& name);
  Done begin_transaction();
  Done end_transaction(bool commit);
  mysql::ClientError failed(Database& database, const store::ClientFault& fault);
  mysql::Answer<Database*> current();
  std::uint16_t status(bool more = false) const;
  mysql::Outcome outcome(bool more) const;
  void start_anew();

  const OpenDatabases& names_;
  ReplyChannel& channel_;
  int lock_wait_ms_;
  std::optional<ClientRights> rights_;  // once there was a login
  accounts::Refusal refusal_;           // of a table of the text that is prepared
  std::string name_;                    // of the current database; empty: none
  bool autocommit_ = true;
  Database* current_ = nullptr;
  std::map<std::string, std::unique_ptr<Database>> open_;  // by name; "" is the scratch one
  std::map<std::uint32_t, Prepared> prepared_;             // closed before the databases
  std::optional<mysql::Reply> reply_;
  mysql::Session::Finish finish_;
  std::atomic<bool> aborted_ = false;
  std::mutex running_mutex_;
  Database* running_ = nullptr;  // guarded by running_mutex_
};

}  // namespace murmel::service
