// MySQL text -> SQLite text. translate() takes what a client sent, which may be several statements, and gives
// for each of them what the session has to do: run SQLite text, or do something itself (SET, SHOW, USE,
// BEGIN, KILL, accounts) from the parsed form. Pure: nothing but the arguments decides the answer. What
// cannot be translated exactly is an error with MySQL's number, SQLSTATE and sentence.
//
// What the host has to provide for the SQLite text: the functions of agent/functions/names.h and of
// agent/sql/README.md, MySQL's functions under their own names, collations under MySQL's names, the databases
// in `databases` attached under their names (the current one is "main"), and double quotes that never mean a
// string (SQLITE_DBCONFIG_DQS_DML and _DDL off). No thread rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/sql/catalog.h"
#include "agent/sql/types.h"

namespace murmel::sql {

// The words of sql_mode that change how text is read.
struct SqlMode {
  bool ansi_quotes = false;
  bool no_backslash_escapes = false;
  bool pipes_as_concat = false;
  bool high_not_precedence = false;
  bool ignore_space = false;
  bool no_auto_value_on_zero = false;
  bool only_full_group_by = true;
  bool strict = true;  // STRICT_TRANS_TABLES or STRICT_ALL_TABLES
};

struct Settings {
  SqlMode mode;
  std::string database;  // current, empty if none
  std::string charset = "utf8mb4";
  std::string collation = "utf8mb4_0900_ai_ci";           // collation_connection
  std::string database_collation = "utf8mb4_0900_ai_ci";  // of tables that name none
  int div_precision_increment = 4;
  std::string select_limit;  // rows of a query without LIMIT, in digits; empty: all
  bool literals = false;     // the parameters were taken out of the text (normalise.h)
  // What is bound to the parameters, in order, as far as it is known (when a prepared statement is executed,
  // not when it is prepared). With types known, comparisons can use an index.
  std::vector<TypeKind> parameters;
  // LOAD DATA: so many of its fields a line has; the others keep their columns' defaults.
  std::size_t fields = SIZE_MAX;
};

struct SqlError {
  std::uint16_t number = 0;
  const char* sqlstate = "HY000";  // five characters, static
  std::string message;
};

enum class StatementKind {
  kQuery,        // run `sql`, send its rows
  kWrite,        // run the `steps`
  kDdl,          // run the `steps` by the schema path; commits what is open before
  kTransaction,  // BEGIN, COMMIT, ROLLBACK, SAVEPOINT, ...: `command` is a TransactionCommand
  kSet,          // SetCommand
  kShow,         // ShowCommand
  kUse,          // UseCommand
  kKill,         // KillCommand
  kAccount,      // AccountCommand
  kPrepared,     // PREPARE, EXECUTE, DEALLOCATE: PreparedCommand
  kDatabase,     // CREATE, DROP, ALTER DATABASE: DatabaseCommand
  kAdmin,        // LOCK TABLES, FLUSH, ANALYZE, OPTIMIZE, ...: AdminCommand
  kExplain,      // run `sql` (EXPLAIN QUERY PLAN), and tell it as `explain_format` says
};

struct TransactionCommand {
  enum class What { kBegin, kCommit, kRollback, kSavepoint, kRollbackTo, kRelease };
  What what = What::kBegin;
  bool read_only = false;
  bool read_write = false;
  bool consistent_snapshot = false;
  bool chain = false;
  bool release = false;   // COMMIT RELEASE: end the connection
  std::string savepoint;  // name
};

// One assignment of SET. A value is a word that needs no evaluation (ON, utf8mb4, DEFAULT: `word`), or the
// first column of the query `value_sql`.
struct SetItem {
  enum class Scope { kDefault, kSession, kGlobal, kPersist, kUser, kNames, kCharacterSet, kTransaction };
  Scope scope = Scope::kDefault;
  std::string name;       // lower case; kUser: the variable without @; kNames: empty
  std::string word;       // kNames: the charset; kTransaction: "read committed", "read only", ...
  std::string collation;  // kNames ... COLLATE
  std::string value_sql;
  bool next_only = false;  // SET TRANSACTION without SESSION or GLOBAL
  bool persist_only = false;
};
struct SetCommand {
  std::vector<SetItem> items;
};

struct ShowCommand {
  // Upper case words that say what: "DATABASES", "TABLES", "COLUMNS", "CREATE TABLE", "INDEX", "TABLE
  // STATUS", "VARIABLES", "STATUS", "WARNINGS", "GRANTS", "PROCESSLIST", ...; README.md lists all.
  std::string what;
  bool full = false;
  bool extended = false;
  bool global = false;   // VARIABLES, STATUS
  bool count = false;    // SHOW COUNT(*) WARNINGS
  std::string database;  // FROM database, empty: the current one
  std::string name;      // table, user, column, ...
  bool has_like = false;
  std::string like;       // pattern, decoded
  std::string where_sql;  // SQLite expression over the columns that SHOW answers with
  std::int64_t limit = -1;
  std::int64_t offset = 0;
};
struct UseCommand {
  std::string database;
};
struct KillCommand {
  bool query_only = false;
  std::string id_sql;  // a query that gives the id
};

struct Account {
  std::string user;
  std::string host = "%";
  bool current = false;  // CURRENT_USER()
  std::string plugin;    // IDENTIFIED WITH
  bool has_password = false;
  std::string password;       // IDENTIFIED BY
  std::string password_hash;  // IDENTIFIED WITH plugin AS 'hash'
};
struct Privilege {
  std::string name;  // "SELECT", "ALL PRIVILEGES", "CREATE TEMPORARY TABLES"
  std::vector<std::string> columns;
};
struct AccountCommand {
  // kRevokeAll: REVOKE ALL PRIVILEGES, GRANT OPTION FROM accounts, wherever they were granted.
  enum class What {
    kCreateUser,
    kAlterUser,
    kDropUser,
    kRenameUser,
    kGrant,
    kRevoke,
    kRevokeAll,
    kSetPassword
  };
  enum class Lock { kAsIs, kLock, kUnlock };
  enum class Tls { kAsIs, kNone, kRequired };
  What what = What::kCreateUser;
  bool if_exists = false;
  bool if_not_exists = false;
  std::vector<Account> accounts;  // kRenameUser: old, new, old, new
  std::vector<Privilege> privileges;
  std::string database;  // ON database.table; "*" for all
  std::string table;
  bool grant_option = false;
  Lock lock = Lock::kAsIs;  // ACCOUNT LOCK, of all `accounts`
  Tls tls = Tls::kAsIs;     // REQUIRE SSL, of all `accounts`
};
struct PreparedCommand {
  enum class What { kPrepare, kExecute, kDeallocate };
  What what = What::kPrepare;
  std::string name;
  std::string text;           // kPrepare FROM 'text'
  std::string from_variable;  // kPrepare FROM @variable
  std::vector<std::string> using_variables;
};
struct DatabaseCommand {
  enum class What { kCreate, kDrop, kAlter };
  What what = What::kCreate;
  std::string name;
  bool if_exists = false;
  bool if_not_exists = false;
  std::string charset;
  std::string collation;
};
struct AdminCommand {
  // "LOCK TABLES", "UNLOCK TABLES", "FLUSH", "ANALYZE TABLE", "OPTIMIZE TABLE", ...; "LOAD EXTENSION", whose
  // name is that of the only table.
  std::string what;
  struct Table {
    std::string database;
    std::string name;
    bool write = false;  // LOCK TABLES ... WRITE
  };
  std::vector<Table> tables;
};

// A text of rows in a file: what LOAD DATA reads and SELECT ... INTO OUTFILE writes.
struct FileForm {
  std::string charset;  // lower case; empty: none is named
  std::string field_end = "\t";
  std::string enclosure;  // one byte, or none
  bool optionally_enclosed = false;
  std::string escape = "\\";  // one byte, or none
  std::string line_begin;
  std::string line_end = "\n";
};
struct FileUse {
  std::string name;
  bool local = false;  // LOAD DATA LOCAL: the client's
  bool dump = false;   // INTO DUMPFILE: one value, as it is
  FileForm form;
  // LOAD DATA only:
  struct Field {
    std::string name;
    bool variable = false;  // @name
  };
  std::vector<Field> fields;  // of a line, in order; all columns are named
  std::uint64_t skipped_lines = 0;
};

using Command = std::variant<std::monostate, TransactionCommand, SetCommand, ShowCommand, UseCommand,
                             KillCommand, AccountCommand, PreparedCommand, DatabaseCommand, AdminCommand>;

// One SQLite statement of a translated one. Most statements have one step. Several are run as one: in one
// transaction, and behind a savepoint if one is open already, so that a failure undoes those before it.
struct Step {
  std::string sql;
  // parameters[i] is the number (from 0) of the client's parameter that is bound to SQLite's ?(i+1).
  std::vector<std::uint32_t> parameters;
  bool counts_rows = true;  // its changes() are part of "rows affected"
  // kGiven: a query of rowids, for the next step; kTaken: is run for each of them, in order, bound to its
  // last parameter, which is not among `parameters`.
  enum class Rows { kNone, kGiven, kTaken } rows = Rows::kNone;
};

// A column of a query's result, for its metadata.
struct ResultColumn {
  std::string name;           // alias, or as MySQL names it
  std::string original_name;  // of the column, empty for an expression
  std::string table;          // alias of the table
  std::string original_table;
  std::string database;
  Type type;
  bool not_null = false;
};

// What a statement reads or writes, for privileges and locks. `privilege` is MySQL's word in upper case.
struct TableUse {
  std::string database;  // empty: the current one
  std::string table;
  const char* privilege = "SELECT";
};

// What a locking read (FOR UPDATE, FOR SHARE) locks of one of its tables.
struct LockUse {
  enum class Mode { kShare, kUpdate };
  enum class Busy { kWait, kFail, kSkip };  // what to do about locks of others
  std::string database;                     // empty: the current one
  std::string table;
  Mode mode = Mode::kUpdate;
  Busy busy = Busy::kWait;
  // Columns of the primary key: their values, as stored, follow the query's own columns in each row, all NULL
  // where an outer join has no row of the table. Empty: rows can't be told, so it is the whole table.
  std::vector<std::string> key;
};

// A definition after which the AUTO_INCREMENT column of `table` counts from `first` on.
struct NumberingUse {
  TableUse table;
  std::int64_t first = 1;
};
// A table that gets another name, in its database.
struct RenameUse {
  TableUse table;
  std::string to;
};

struct Statement {
  StatementKind kind = StatementKind::kQuery;
  std::string_view text;  // of the client, this statement only
  std::vector<Step> steps;
  std::uint32_t parameters = 0;  // the client's
  Command command;
  std::vector<ResultColumn> columns;  // of queries; empty if not known
  std::vector<TableUse> tables;
  std::vector<std::string> databases;  // others than the current one that the text names
  // The word MySQL's `info` string is made of.
  enum class WriteVerb { kNone, kInsert, kReplace, kUpdate, kDelete, kLoad } verb = WriteVerb::kNone;
  std::vector<SqlError> warnings;  // to be told when it is run
  std::vector<SqlError> notes;     // the same, of less weight
  bool ignore = false;             // INSERT IGNORE, UPDATE IGNORE: errors of rows become warnings
  std::size_t rows = 0;            // of INSERT ... VALUES; 0: from a query
  // LOAD DATA (kLoad; the only step writes one row, and its parameters are numbers of fields), and queries
  // whose rows go to a file of the server.
  std::optional<FileUse> file;
  std::vector<LockUse> locks;
  bool calc_found_rows = false;
  enum class ExplainFormat { kTraditional, kTree, kJson } explain_format = ExplainFormat::kTraditional;
  // Of SELECT ... INTO: how many variables the query sets, of at most one row; `columns` are those it had.
  std::size_t into = 0;
  bool untranslated = false;              // SQLite's own SQL: what it touches is not in `tables`
  bool without_foreign_keys = false;      // DDL: run with foreign keys off; it looks after them itself
  bool if_not_exists = false;             // DDL: what exists already is a note (1050)
  std::optional<NumberingUse> numbering;  // DDL
  std::vector<RenameUse> renamings;       // DDL, in order
  bool has_error = false;
  SqlError error;
};

// The statements of a text one by one: each is translated when what comes before it has been run, as it may
// change the catalog and the settings. `text` must outlive the answers.
class StatementReader {
 public:
  explicit StatementReader(std::string_view text) : rest_(text) {}

  // Nothing at the end. After one with an error, nothing follows.
  std::optional<Statement> next(const Settings& settings, const Catalog& catalog);
  // The next one as SQLite's own SQL, but for what sessions do themselves (sqlite_text.h).
  std::optional<Statement> next_untranslated(const Settings& settings, const Catalog& catalog);
  bool at_end(const SqlMode& mode) const;
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// All statements of `text`, up to and including the first with an error. Empty text: one with error 1065.
// `text` must outlive the answer.
std::vector<Statement> translate(std::string_view text, const Settings& settings, const Catalog& catalog);

}  // namespace murmel::sql
