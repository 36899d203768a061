#include "extension/quorum_functions.h"

#include <poll.h>
#include <strings.h>

#include "extension/positions.h"

namespace murmel::extension {
namespace {

constexpr char kLocalSeq[] = "SELECT local_seq FROM main.__murmel_log ORDER BY id DESC LIMIT 1";
constexpr char kCursor[] = "SELECT seq FROM main.__murmel_cursor WHERE origin=?1";
constexpr int kLongestPauseMs = 16;

Connection& connection_of(sqlite3_context* context) {
  return *static_cast<Connection*>(sqlite3_user_data(context));
}

const char* text_argument(int n, sqlite3_value** arguments, int i) {
  return n > i ? reinterpret_cast<const char*>(sqlite3_value_text(arguments[i])) : nullptr;
}

void fail(sqlite3_context* context, const Fault& fault) {
  sqlite3_result_error(context, fault.text, -1);
  sqlite3_result_error_code(context, fault.code);
}

// Of an argument that may be missing; -1 for one that is no time-out.
int timeout_argument(int n, sqlite3_value** arguments, int i, int otherwise = Consistency::kTimeoutMs) {
  if (n <= i) return otherwise;
  const std::int64_t ms = sqlite3_value_int64(arguments[i]);
  const bool number = sqlite3_value_numeric_type(arguments[i]) == SQLITE_INTEGER;
  return number && ms >= 1 && ms <= Consistency::kTimeoutMsMax ? static_cast<int>(ms) : -1;
}

constexpr char kWrongTimeout[] = "a time-out is a number of milliseconds from 1 to %d";

// Reads what the agent left in the database. nullptr: the database has no log, or a failure that is in
// `fault`.
Decision* look_up(Connection& connection, const char* schema, Fault& fault) {
  Statement enabled;
  int rc = enabled.prepare(connection.db(), fault, 0,
                           "SELECT 1 FROM \"%w\".sqlite_master WHERE name='__murmel_meta'", schema);
  if (rc == SQLITE_OK) rc = enabled.step(fault);
  if (rc != SQLITE_ROW) return nullptr;
  DatabaseCapture* database = connection.find_database(schema);
  Decision* decision = database == nullptr ? nullptr : database->decision(fault);
  if (decision == nullptr) {
    fault.fail(SQLITE_NOMEM, "out of memory");
    return nullptr;
  }
  decision->settings().expire();
  return decision->settings().refresh(connection.db(), schema, fault) == SQLITE_OK ? decision : nullptr;
}

// SQLITE_OK or the code in `fault`.
int read_level(int n, sqlite3_value** arguments, CommitLevel& level, int timeout_ms, Fault& fault) {
  if (!parse_level(text_argument(n, arguments, 0), level)) {
    return fault.fail(SQLITE_ERROR, "a level is 'one', 'two', 'three', 'quorum', 'all' or 'default'");
  }
  return timeout_ms < 0 ? fault.fail(SQLITE_ERROR, kWrongTimeout, Consistency::kTimeoutMsMax) : SQLITE_OK;
}

void say_level(sqlite3_context* context, Connection& connection, CommitLevel level, Fault& fault) {
  if (!fault.set() && level == CommitLevel::kDefault) {
    Decision* decision = look_up(connection, "main", fault);
    level = decision == nullptr ? CommitLevel::kOne : decision->settings().level;
  }
  if (fault.set()) return fail(context, fault);
  sqlite3_result_text(context, level_name(level), -1, SQLITE_STATIC);
}

void consistency_function(sqlite3_context* context, int n, sqlite3_value** arguments) noexcept {
  Connection& connection = connection_of(context);
  Consistency& consistency = connection.consistency();
  Fault fault;
  CommitLevel level = consistency.chosen();
  const int timeout_ms = timeout_argument(n, arguments, 1);
  if (n > 0 && read_level(n, arguments, level, timeout_ms, fault) == SQLITE_OK) {
    consistency.choose(level, timeout_ms);
  }
  say_level(context, connection, level, fault);
}

void transaction_consistency_function(sqlite3_context* context, int n, sqlite3_value** arguments) noexcept {
  Connection& connection = connection_of(context);
  Fault fault;
  CommitLevel level = CommitLevel::kDefault;
  const int timeout_ms = timeout_argument(n, arguments, 1, connection.consistency().timeout_ms());
  if (read_level(n, arguments, level, timeout_ms, fault) == SQLITE_OK) {
    connection.choose_for_transaction(level, timeout_ms, fault);
  }
  say_level(context, connection, connection.consistency().chosen(), fault);
}

void token_function(sqlite3_context* context, int n, sqlite3_value** arguments) noexcept {
  Connection& connection = connection_of(context);
  const char* schema = n > 0 ? text_argument(n, arguments, 0) : "main";
  Fault fault;
  Decision* decision = schema == nullptr ? nullptr : look_up(connection, schema, fault);
  if (fault.set()) return fail(context, fault);
  if (decision == nullptr) return sqlite3_result_null(context);
  LogPosition position = connection.find_database(schema)->committed();
  if (position.origin == 0) position.origin = decision->settings().node;
  if (position.origin == 0 || position.seq == 0) return sqlite3_result_null(context);
  char text[kPositionTextMax];
  print_position(position, text);
  sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

int read_seq(Connection& connection, const LogPosition& position, bool local, std::int64_t* seq,
             Fault& fault) {
  Statement statement;
  int rc = statement.prepare(connection.db(), fault, 0, local ? kLocalSeq : kCursor);
  if (rc != SQLITE_OK) return rc;
  if (!local) statement.bind(1, std::int64_t{position.origin});
  rc = statement.step(fault);
  *seq = rc == SQLITE_ROW ? statement.integer(0) : 0;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int read_token(const char* token, Vec<LogPosition>& wanted, Fault& fault) {
  while (*token != 0) {
    LogPosition position;
    if (!read_position(token, position)) {
      return fault.fail(SQLITE_ERROR, "that is no token; SELECT murmel_token() gives one");
    }
    if (!wanted.push(position)) return fault.fail(SQLITE_NOMEM, "out of memory");
  }
  return SQLITE_OK;
}

// Whether the database has all of it.
int has_all(Connection& connection, const Vec<LogPosition>& wanted, std::uint32_t node, bool* all,
            Fault& fault) {
  *all = true;
  for (const LogPosition& position : wanted) {
    std::int64_t seq = 0;
    const int rc = read_seq(connection, position, position.origin == node, &seq, fault);
    if (rc != SQLITE_OK) return rc;
    if (seq < position.seq) *all = false;
  }
  return SQLITE_OK;
}

// Each look is a read transaction of its own, so that it sees what was committed since the last one; it also
// notices sqlite3_interrupt().
int wait_until_here(Connection& connection, const Vec<LogPosition>& wanted, std::uint32_t node,
                    std::int64_t deadline_ms, Fault& fault) {
  for (int pause_ms = 1;; pause_ms = pause_ms < kLongestPauseMs ? pause_ms * 2 : pause_ms) {
    bool all = false;
    const int rc = has_all(connection, wanted, node, &all, fault);
    if (rc != SQLITE_OK || all) return rc;
    if (sqlite3_get_autocommit(connection.db()) == 0) {
      return fault.fail(SQLITE_BUSY, "within a transaction the database stays as it is: wait before BEGIN");
    }
    if (monotonic_ms() >= deadline_ms) return fault.fail(SQLITE_BUSY, "what is waited for is not here yet");
    poll(nullptr, 0, pause_ms);
  }
}

int wait_for(Connection& connection, const char* token, int timeout_ms, Fault& fault) {
  const std::int64_t deadline_ms = monotonic_ms() + timeout_ms;
  Decision* decision = look_up(connection, "main", fault);
  if (fault.set()) return fault.code;
  if (decision == nullptr) return fault.fail(SQLITE_ERROR, "the database is not replicated");
  CommitAnswer answer;  // of a token: only its positions are used
  const bool ask = strcasecmp(token, "quorum") == 0;
  const int rc = ask ? decision->ask_positions(deadline_ms, 0, answer, fault)
                     : read_token(token, answer.positions, fault);
  if (rc != SQLITE_OK) return rc;
  return wait_until_here(connection, answer.positions, decision->settings().node, deadline_ms, fault);
}

void wait_for_function(sqlite3_context* context, int n, sqlite3_value** arguments) noexcept {
  const char* token = text_argument(n, arguments, 0);
  if (token == nullptr) return sqlite3_result_int(context, 1);  // nothing to wait for
  Fault fault;
  const int timeout_ms = timeout_argument(n, arguments, 1);
  if (timeout_ms < 0) {
    fault.fail(SQLITE_ERROR, kWrongTimeout, Consistency::kTimeoutMsMax);
  } else {
    wait_for(connection_of(context), token, timeout_ms, fault);
  }
  if (fault.set()) return fail(context, fault);
  sqlite3_result_int(context, 1);
}

// Between all transactions that are decided before and all that are decided after: the snapshot is taken
// first, and then holds all that a majority has voted for, decided or not (core::Commit::known_in).
int sees(Connection& connection, int timeout_ms, int hold_back_ms, bool* all, Fault& fault) {
  if (sqlite3_get_autocommit(connection.db()) != 0) {
    return fault.fail(SQLITE_ERROR, "what a transaction sees can be told within one only: BEGIN first");
  }
  const std::int64_t deadline_ms = monotonic_ms() + timeout_ms;
  Decision* decision = look_up(connection, "main", fault);  // reads, which is what takes the snapshot
  if (fault.set()) return fault.code;
  if (decision == nullptr) return fault.fail(SQLITE_ERROR, "the database is not replicated");
  CommitAnswer answer;
  const int rc =
      decision->ask_positions(deadline_ms, static_cast<std::uint32_t>(hold_back_ms), answer, fault);
  if (rc != SQLITE_OK) return rc;
  return has_all(connection, answer.positions, decision->settings().node, all, fault);
}

void sees_function(sqlite3_context* context, int n, sqlite3_value** arguments) noexcept {
  const char* what = text_argument(n, arguments, 0);
  const int timeout_ms = timeout_argument(n, arguments, 1);
  const bool none = n < 3 || sqlite3_value_int64(arguments[2]) == 0;
  const int hold_back_ms = none ? 0 : timeout_argument(n, arguments, 2);
  bool all = false;
  Fault fault;
  if (what == nullptr || strcasecmp(what, "quorum") != 0) {
    fault.fail(SQLITE_ERROR, "murmel_sees() knows 'quorum' only");
  } else if (timeout_ms < 0 || hold_back_ms < 0) {
    fault.fail(SQLITE_ERROR, kWrongTimeout, Consistency::kTimeoutMsMax);
  } else {
    sees(connection_of(context), timeout_ms, hold_back_ms, &all, fault);
  }
  if (fault.set()) return fail(context, fault);
  sqlite3_result_int(context, all ? 1 : 0);
}

const char* outcome_name(std::uint8_t outcome) {
  if (outcome == commit_socket::kCommitted) return "committed";
  return outcome == commit_socket::kAborted ? "aborted" : "unknown";
}

void status_of_transaction(sqlite3_context* context, int n, sqlite3_value** arguments) noexcept {
  Connection& connection = connection_of(context);
  Fault fault;
  Decision* decision = look_up(connection, "main", fault);
  if (!fault.set() && decision == nullptr) fault.fail(SQLITE_ERROR, "the database is not replicated");
  if (fault.set()) return fail(context, fault);
  LogPosition slot = decision->asked_last();
  const char* id = text_argument(n, arguments, 0);
  if (n == 0 && slot.seq == 0) return sqlite3_result_null(context);
  const bool is_id = n == 0 || (id != nullptr && read_position(id, slot) && (slot.origin & kDecidedBit) != 0);
  CommitAnswer answer;
  if (!is_id) {
    fault.fail(SQLITE_ERROR, "a transaction's id is like 7q:12");
  } else {
    decision->ask_status(slot, answer, fault);
  }
  if (fault.set()) return fail(context, fault);
  sqlite3_result_text(context, outcome_name(answer.outcome), -1, SQLITE_STATIC);
}

struct Function {
  const char* name;
  int arguments;
  void (*call)(sqlite3_context*, int, sqlite3_value**);
};

constexpr Function kFunctions[] = {
    {"murmel_consistency", 0, consistency_function},
    {"murmel_consistency", 1, consistency_function},
    {"murmel_consistency", 2, consistency_function},
    {"murmel_transaction_consistency", 1, transaction_consistency_function},
    {"murmel_transaction_consistency", 2, transaction_consistency_function},
    {"murmel_token", 0, token_function},
    {"murmel_token", 1, token_function},
    {"murmel_wait_for", 1, wait_for_function},
    {"murmel_wait_for", 2, wait_for_function},
    {"murmel_sees", 1, sees_function},
    {"murmel_sees", 2, sees_function},
    {"murmel_sees", 3, sees_function},
    {"murmel_txn_status", 0, status_of_transaction},
    {"murmel_txn_status", 1, status_of_transaction},
};

}  // namespace

int register_quorum_functions(sqlite3* db, Connection* connection) noexcept {
  for (const Function& function : kFunctions) {
    const int rc =
        sqlite3_create_function_v2(db, function.name, function.arguments, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                   connection, function.call, nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) return rc;
  }
  return SQLITE_OK;
}

}  // namespace murmel::extension
