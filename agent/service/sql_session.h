// SqlSession: what one MySQL client does with its databases. Runs commands one after the other in its own
// thread, on SQLite connections of its own, and writes the answers to its line.
//
//   text ──sql::StatementReader──► Statement ──► SQLite text: run here, rows and counts go to the client
//                                          └───► what the session does itself: session_commands.cc, SHOW
//
// A transaction is on one database, and on a snapshot: it holds no lock of SQLite's. What it has written is
// committed by the database's own writer (local_commits.h), unless others have changed it since; a statement
// that is a transaction of its own is then done again (session_transactions.cc). What is not rows of one
// database (definitions, temporary tables, several databases) takes the write lock instead, "direct".
// Only interrupt() and abort() may be called from other threads.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "agent/functions/byte_charset.h"
#include "agent/mysql/session.h"
#include "agent/service/client_line.h"
#include "agent/service/client_rights.h"
#include "agent/service/consistency_hint.h"
#include "agent/service/local_commits.h"
#include "agent/service/plan_cache.h"
#include "agent/service/server_files.h"
#include "agent/service/session_databases.h"
#include "agent/service/session_told.h"
#include "agent/session/explain.h"
#include "agent/session/state.h"
#include "agent/session/text_rows.h"
#include "agent/sql/translator.h"

namespace murmel::service {

struct SqlSessionOptions {
  int lock_wait_ms = 0;
  std::uint32_t connection = 0;
  std::string extension_directory;      // for LOAD EXTENSION; empty: none
  std::vector<std::string> extensions;  // that the session begins with
  std::string temporary_directory;      // for files of clients, while they are loaded
  std::string files_directory;          // secure_file_priv; empty: none
};

class SqlSession {
 public:
  // All of it outlives the session.
  SqlSession(const OpenDatabases& names, SessionHost& host, ClientLine& line, session::Counters& counters,
             SqlSessionOptions options);
  ~SqlSession();

  // A user has logged in (or the client wants it as if): the session begins anew, with this database (empty:
  // none). `found_rows`: CLIENT_FOUND_ROWS. Errors: 1044, 1049, 1105.
  mysql::Answer<mysql::Outcome> begin(const std::string& database, ClientRights rights, bool found_rows);
  // What the client has told of itself, for performance_schema.
  void introduce(mysql::Attributes attributes) { databases_.set_attributes(std::move(attributes)); }
  // The whole answer is on the line. None: the client is gone, or to go.
  std::optional<mysql::Session::Finish> run(mysql::event::Asked asked);

  // Ends the statement under way.
  void interrupt();
  // The client is gone: ends it, and all that come.
  void abort();

 private:
  static constexpr std::string_view kReading = "SELECT";  // the privilege
  using Database = store::ClientDatabase;
  using Done = mysql::Answer<std::monostate>;
  using Parameters = std::vector<mysql::OwnedValue>;
  struct Prepared {
    std::string sql;
    // Of an open cursor:
    store::ClientStatement statement;
    std::vector<mysql::Column> columns;
    Database* database = nullptr;
    bool cursor = false;
    bool has_row = false;  // that was not fetched yet
  };

  // Commands.
  Done on(const mysql::command::Query& query);
  Done on(const mysql::command::InitDatabase& init);
  Done on(const mysql::command::FieldList& list);
  Done on(const mysql::command::Prepare& prepare);
  Done on(const mysql::command::Execute& execute);
  Done on(const mysql::command::Fetch& fetch);
  Done on(const mysql::command::ResetStatement& reset);
  Done on(const mysql::command::ResetConnection& reset);
  Done on(const mysql::command::Statistics&) {
    return mysql::unknown_command();
  }  // are answered by the client
  Done on(const mysql::command::Kill&) { return mysql::unknown_command(); }
  Done run_text(std::string_view text, bool several, const Parameters& parameters, Prepared* cursor);
  // session_plans.cc. Nothing: it is not a text that plans are kept of.
  std::optional<Done> run_plan(std::string_view text, const Parameters& parameters, Prepared* cursor);
  // `literals`: the parameters were taken out of the text.
  std::shared_ptr<const Plan> make_plan(std::string key, std::string_view text, const Parameters& parameters,
                                        bool literals);
  std::optional<std::vector<mysql::Column>> describe_ahead(const sql::Statement& statement) const;
  void keep_command(std::string_view text, const sql::Statement& statement);
  std::optional<Done> run_kept_command(std::string_view text);
  bool is_worth_keeping(const sql::Statement& statement) const;
  // session_told.cc: the transaction on a new snapshot, as far as the client can't tell.
  bool is_repeatable(const sql::Statement& statement) const;
  std::uint64_t answer_hash(std::size_t begin) const;
  void note_told(std::shared_ptr<const Plan> plan, Parameters values, const mysql::ReplyForm& form,
                 std::size_t begin, const Done& done);
  void begin_telling();
  bool begin_anew();
  bool tells_the_same(const ToldStatements::Told& told);

  void count(session::Counters::Place place);
  // One statement.
  std::optional<sql::Statement> translate(sql::StatementReader& reader, const Parameters& parameters);
  mysql::ClientError hidden_error(const sql::Statement& statement, const sql::TableUse& table);
  Done run(const sql::Statement& statement, const Parameters& parameters, bool more, Prepared* cursor);
  void begin_statement(const sql::Statement& statement);
  void warn_of(const sql::Statement& statement);
  Done dispatch(const sql::Statement& statement, const Parameters& parameters, bool more, Prepared* cursor);
  Done carry_out(const sql::Statement& statement, const Parameters& parameters, bool more, Prepared* cursor);
  // session_serializable.cc
  bool is_serializable() const;
  bool reads_tables(const sql::Statement& statement) const;
  Done check_serializable(const sql::Statement& statement) const;
  Done run_serializable(const sql::Statement& statement, const Parameters& parameters, bool more);
  Done see_all_decided();
  Done check_rights(const sql::Statement& statement);
  Done check_read_only(const sql::Statement& statement);
  // Before a statement that reads: its transaction and snapshot.
  Done begin_reading();
  // session_row_locks.cc: FOR UPDATE and FOR SHARE.
  struct KeptRows {  // of a result, until they are locked
    std::vector<mysql::Column> columns;
    std::vector<std::vector<mysql::OwnedValue>> rows;
    std::size_t bytes = 0;
    std::vector<std::vector<RowLocks::Wish>> wishes;  // of each of the statement's locks
    bool too_many = false;
  };
  enum class Locked { kYes, kAgain, kSkipped };
  Done run_locking(const sql::Statement& statement, const Parameters& parameters, bool more);
  Done lock_and_read(const sql::Statement& statement, const Parameters& parameters, bool more);
  Done run_unlocked(const sql::Statement& statement, const Parameters& parameters, bool more,
                    Prepared* cursor);
  std::vector<std::string> tables_behind(const sql::LockUse& use);
  mysql::Answer<Locked> lock_tables_of(const sql::Statement& statement, bool by_row);
  Done read_locked(const sql::Statement& statement, const Parameters& parameters, KeptRows& kept);
  Done keep_rows(const sql::Statement& statement, const Parameters& parameters, KeptRows& kept);
  Done keep_keys(const sql::Statement& statement, const store::ClientStatement& running, KeptRows& kept);
  mysql::Answer<Locked> lock_kept(const sql::Statement& statement, const KeptRows& kept);
  Done answer_kept(const sql::Statement& statement, const Parameters& parameters, bool more,
                   const KeptRows& kept);
  bool is_row_free(std::string_view table, bool share, std::span<sqlite3_value* const> key);
  Done give_up(const mysql::ClientError& error);
  Done run_query(const sql::Statement& statement, const Parameters& parameters, bool more, Prepared* cursor);
  Done run_write(const sql::Statement& statement, const Parameters& parameters, bool more);
  bool is_direct(const sql::Statement& statement) const;
  Done run_write_direct(const sql::Statement& statement, const Parameters& parameters, bool more);
  Done try_write_direct(const sql::Statement& statement, const Parameters& parameters, bool more);
  Done run_write_inside(const sql::Statement& statement, const Parameters& parameters, bool more);
  Done run_write_alone(const sql::Statement& statement, const Parameters& parameters, bool more);
  void answer_write(const mysql::Outcome& result);
  Done run_steps(const sql::Statement& statement, const Parameters& parameters, std::int64_t* changes);
  // Of one step; `rowids`: those that it gives, or takes.
  Done run_rows(const sql::Statement& statement, const sql::Step& step, const Parameters& parameters,
                std::vector<std::int64_t>& rowids, std::int64_t* changes);
  Done end_steps(bool inside, Done done);
  Done run_definition(const sql::Statement& statement, bool more);
  void number_from(const sql::Statement& statement);
  Done run_definition_in(const std::string& database, const sql::Statement& statement, bool more);
  Done define(const sql::Statement& statement, std::int64_t* rows);
  Done define_as_it_is(const sql::Statement& statement, std::int64_t* rows);
  Done define_in_time(const sql::Statement& statement, std::int64_t* rows);
  Done run_step(const sql::Step& step, const Parameters& parameters, std::int64_t* changes);
  Done run_explain(const sql::Statement& statement, const Parameters& parameters, bool more);
  Done send_plan(store::ClientStatement& running, const sql::Statement& statement, bool more);
  Done send_explained(const std::vector<session::ExplainedTable>& rows, bool more);
  Done run_into(const sql::Statement& statement, const Parameters& parameters, bool more);
  Done answer_into(std::size_t rows, bool more);
  // session_duplicates.cc. `again`: runs the statement that has failed once more.
  mysql::ClientError duplicate_error(const store::ClientFault& fault, const sql::Statement& statement,
                                     const std::function<void()>& again);
  std::string noted_entry(const sql::TableInfo& table, const sql::IndexInfo& key);
  mysql::ClientError failed_step(const store::ClientFault& fault, const sql::Statement& statement,
                                 const sql::Step& step, const Parameters& parameters,
                                 std::optional<std::int64_t> rowid);
  // session_files.cc
  mysql::Answer<ServerFile> receive_file(const sql::FileUse& use);
  Done run_load(const sql::Statement& statement, bool more);
  mysql::Answer<sql::Step> load_step(const sql::Statement& statement, std::size_t fields);
  Done complain(std::uint16_t number, const char* sqlstate, std::string sentence);
  Done fill_nulls(const sql::FileUse& use, const sql::TableInfo& table,
                  std::vector<session::TextField>& fields);
  Done take_fields(const sql::FileUse& use, const std::vector<session::TextField>& fields);
  Done load_row(const sql::Statement& statement, const sql::Step& step, store::ClientStatement& running,
                const std::vector<session::TextField>& fields, std::int64_t* changes);
  Done load_rows(const sql::Statement& statement, std::int64_t* changes);
  std::optional<std::string> load_file(const std::string& name);
  Done run_into_file(const sql::Statement& statement, const Parameters& parameters, bool more);
  Done write_rows(const sql::Statement& statement, store::ClientStatement& running,
                  const std::optional<functions::ByteCharset>& charset, ServerFile& file,
                  std::uint64_t* rows);
  Done count_found(const sql::Statement& statement, const Parameters& parameters, std::uint64_t sent);
  mysql::Outcome database_outcome(const sql::DatabaseCommand& database, bool more) const;
  std::uint64_t insert_id(const sql::Statement& statement, std::int64_t changes);
  mysql::Outcome write_outcome(const sql::Statement& statement, std::int64_t changes, bool more);
  // `outlives`: the statement is used beyond the parameters' life.
  mysql::Answer<store::ClientStatement> prepare(const sql::Step& step, const Parameters& parameters,
                                                bool outlives = false);
  std::vector<mysql::Column> columns_of(const sql::Statement& statement,
                                        const store::ClientStatement& running, bool on_row);
  void take_values(store::ClientStatement& statement, const std::vector<mysql::Column>& columns);
  Done send_row(store::ClientStatement& statement, const std::vector<mysql::Column>& columns);
  Done send_rows(store::ClientStatement& statement, const std::vector<mysql::Column>& columns, bool on_row,
                 std::uint64_t* sent);
  mysql::ClientError failed(const store::ClientFault& fault, const sql::Statement* statement);

  // What the session does itself: session_commands.cc, session_show.cc.
  Done command(const sql::TransactionCommand& transaction, bool more);
  Done command(const sql::SetCommand& set, bool more);
  Done command(const sql::ShowCommand& show, bool more);
  Done command(const sql::UseCommand& use, bool more);
  Done command(const sql::KillCommand& kill, bool more);
  Done command(const sql::AccountCommand& account, bool more);
  Done check_granted_table(const sql::AccountCommand& account);
  Done command(const sql::PreparedCommand& prepared, bool more);
  Done command(const sql::DatabaseCommand& given, bool more);
  mysql::Answer<std::string> collation_wanted(const sql::DatabaseCommand& database) const;
  Done command(const sql::AdminCommand& admin, bool more);
  Done command(const std::monostate&, bool) { return mysql::unknown_command(); }
  Done set(const sql::SetItem& item, mysql::Outcome* outcome);
  Done set_variable(const sql::SetItem& item, mysql::Outcome* outcome);
  Done set_global(const sql::SetItem& item);
  accounts::Refusal may_set_global() const;
  Done note_next_only();
  void end_next_only(const sql::Statement& statement);
  mysql::Answer<std::optional<session::Value>> assigned_value(const sql::SetItem& item);
  // session_savepoints.cc
  struct Savepoint {
    std::string name;
    std::uint64_t number = 0;  // of SQLite's
  };
  Done savepoint(const sql::TransactionCommand& transaction);
  Done run_savepoint(const char* verb, const Savepoint& savepoint);
  Done make_savepoints_again();
  mysql::Answer<session::Value> evaluate(const std::string& query);
  // The only statement of a text that is to be prepared, if the client may run it.
  mysql::Answer<sql::Statement> read_prepared(const std::string& text);
  mysql::Answer<std::string> prepared_text(const sql::PreparedCommand& prepared);
  Parameters variables_of(const std::vector<std::string>& names);
  Done show_create(const sql::ShowCommand& show, bool more);
  Done show_account(const sql::ShowCommand& show, bool more);
  Done send_texts(const std::vector<std::string>& titles, const std::vector<std::vector<std::string>>& rows,
                  bool more);
  mysql::Answer<const sql::TableInfo*> known_table(const std::string& database, const std::string& name);
  std::vector<std::vector<std::string>> maintain(const sql::AdminCommand& admin);

  Done use(const std::string& name);
  Done leave_snapshot();
  accounts::Refusal may_use(const std::string& database) const;
  Done start_transaction();
  Done begin_transaction();
  Done open_snapshot();
  void leave_snapshot_of_statement();
  Done take_snapshot();
  Done wait_for_quorum();
  std::string write_consistency() const;
  core::CommitLevel write_level() const;
  // Locks of rows and tables, held until the transaction ends. False: the snapshot is too old for them.
  mysql::Answer<bool> lock(const std::vector<RowLocks::Wish>& wishes, bool wait);
  mysql::Answer<bool> lock_written();
  // LOCK TABLES: session_locks.cc.
  struct LockedTable {
    std::string database;
    std::string table;
    bool write = false;
    auto operator<=>(const LockedTable&) const = default;
  };
  struct TableLocks {  // of one database
    std::shared_ptr<LocalCommits> at;
    RowLocks::Owner owner;
  };
  Done lock_tables(const sql::AdminCommand& admin);
  void unlock_tables();
  Done check_locked_tables(const sql::Statement& statement) const;
  const LockedTable* locked_table(const std::string& database, const std::string& table) const;
  std::vector<RowLocks::Wish> without_locked_tables(std::vector<RowLocks::Wish> wishes) const;
  void unlock(bool committed);
  mysql::Answer<Status> commit_rows(const store::LocalTransaction& local);
  void forget_attempt(const sql::Statement& statement, const session::SessionState::UserVariables& variables);
  // Commits what was written on the snapshot, which ends. An answer: kConflict, ... as LocalCommits::commit.
  // `wrote`: there was anything to commit.
  mysql::Answer<Status> commit_snapshot(bool* wrote);
  Done end_transaction(bool commit);
  mysql::Answer<Database*> current();
  sql::Settings settings(const Parameters& parameters) const;
  std::uint16_t status(bool more = false) const;
  mysql::Outcome outcome(bool more) const;
  void ok(bool more) { reply_->ok(outcome(more)); }
  bool in_transaction() const;
  void start_anew();

  SessionHost& host_;
  ClientLine& line_;
  session::Counters& counters_;
  SqlSessionOptions options_;
  session::SessionState state_;
  std::optional<ClientRights> rights_;  // once there was a login
  SessionDatabases databases_;
  PlanCache plans_;
  std::map<std::string, sql::Statement, std::less<>> commands_;  // of transactions, by their text
  const Plan* plan_ = nullptr;                                   // of the statement under way
  bool transaction_ = false;                                     // one on a snapshot, begun or about to
  bool temporary_tables_ = false;                                // so everything is direct
  bool answered_ = false;                     // the client has seen of the transaction's snapshot
  ToldStatements told_;                       // on that snapshot
  std::vector<Savepoint> savepoints_;         // of the transaction, in the order in which they were made
  std::uint64_t last_id_before_ = 0;          // LAST_INSERT_ID() before told_
  std::vector<Savepoint> savepoints_before_;  // those of before told_
  std::uint64_t savepoints_made_ = 0;
  bool telling_again_ = false;
  bool skips_all_ = false;                      // SKIP LOCKED of tables that are locked: there are no rows
  std::vector<core::RowKey> locked_rows_;       // by the transaction's FOR UPDATE
  std::vector<core::RowKey> shared_rows_;       // by its FOR SHARE
  std::map<std::string, std::size_t> removed_;  // rows, by the statement on the snapshot
  RowLocks::Owner lock_owner_;
  std::vector<LockedTable> locked_tables_;
  std::map<std::string, TableLocks> table_locks_;  // by database
  std::shared_ptr<LocalCommits> locked_at_;        // if anything is locked
  std::int64_t snapshot_time_ = 0;                 // of the locks
  ConsistencyHint hint_;                           // of the statement
  bool direct_level_ = false;                      // one was chosen for the ordinary connection
  bool read_only_ = false;                         // the transaction
  bool shows_diagnostics_ = false;                 // the statement: SHOW WARNINGS has none of its own
  bool serializable_ = false;                      // the transaction; then it is direct
  bool sees_all_ = false;                          // and its snapshot is one that may be read
  bool alone_ = false;                             // and it is one statement's
  struct AfterNext {
    std::string isolation;
    std::int64_t read_only = 0;
  };
  std::optional<AfterNext> after_next_;  // what holds again after the next transaction
  bool found_rows_ = false;              // CLIENT_FOUND_ROWS
  // LOAD DATA under way.
  struct Load {
    ServerFile file;
    std::optional<functions::ByteCharset> charset;  // of the file; nothing: UTF-8, or bytes
    std::uint64_t rows = 0;                         // read so far
  };
  std::optional<Load> load_;
  int depth_ = 0;                                                 // of EXECUTE
  std::map<std::uint32_t, Prepared> prepared_;                    // closed before the databases
  std::map<std::string, std::string, session::NameOrder> named_;  // PREPARE name FROM text
  std::optional<mysql::Reply> reply_;
  mysql::Session::Finish finish_;
  std::vector<mysql::Value> values_;  // space for a row
  std::vector<std::string> texts_;    // of its values that are made here
  std::atomic<bool> aborted_ = false;
  std::mutex running_mutex_;
  Database* running_ = nullptr;  // guarded by running_mutex_
};

}  // namespace murmel::service
