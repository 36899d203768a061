// SessionState: what the functions of MySQL ask of the session that runs them, and tell it: identity, clock,
// variables, counters of the last statement, warnings. One thread, the session's.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "agent/functions/session.h"
#include "agent/mysql/errors.h"
#include "agent/session/diagnostics.h"
#include "agent/session/named_locks.h"
#include "agent/session/number_run.h"
#include "agent/session/variables.h"

namespace murmel::session {

// Who is there, as the login has found.
struct Identity {
  std::string user = "root";
  std::string host = "localhost";
  std::string account = "root@%";  // that matched
  std::uint64_t connection = 0;
};

class SessionState final : public functions::Session {
 public:
  explicit SessionState(GlobalVariables& globals);
  SessionState(const SessionState&) = delete;
  SessionState& operator=(const SessionState&) = delete;
  ~SessionState() override;

  // Before each statement. `ignore`: INSERT IGNORE and the like, for which nothing is strict. `rows`: those
  // of INSERT ... VALUES.
  void begin_statement(bool ignore, std::size_t rows = 0);
  // As for a new connection.
  void reset();

  Variables variables;
  Diagnostics diagnostics;
  Identity identity;
  std::string current_database;  // empty: none
  std::uint64_t found = 0;       // FOUND_ROWS()
  std::int64_t counted = 0;      // ROW_COUNT()
  std::uint64_t rows_done = 0;   // by earlier rounds of the statement under way
  // The table's next AUTO_INCREMENT values, as many of those wanted as follow each other; "table" or
  // "database.table".
  std::function<mysql::Answer<NumberRun>(std::string_view table, std::int64_t wanted)> next_ids;
  // Taken first, by a statement that is done again: those that it got the first time.
  std::span<const std::int64_t> ids_again;

  // Of GET_LOCK(): the server's, which outlives this; null: none are to be had. `interrupted`: the statement.
  NamedLocks* locks = nullptr;
  std::function<bool()> interrupted;
  // For SKIP LOCKED.
  std::function<bool(std::string_view table, bool share, std::span<sqlite3_value* const> key)> row_free;

  // Of LOAD_FILE(): the server's files; null: none are to be had.
  std::function<std::optional<std::string>(const std::string& name)> file_of;

  // For a statement that is to be done again.
  using UserVariables = std::map<std::string, std::string, std::less<>>;  // by name in lower case
  const UserVariables& user_variables() const { return user_variables_; }
  void restore_user_variables(const UserVariables& earlier) { user_variables_ = earlier; }

  // Of the statement under way.
  const std::vector<std::int64_t>& given_ids() const { return given_ids_; }  // AUTO_INCREMENT
  std::uint64_t first_id() const { return first_id_; }  // generated, or else given; 0: none
  // What next_auto_increment() gave for rows of the statement itself, some of which may not have become rows.
  const std::vector<std::int64_t>& offered_ids() const { return offered_ids_; }
  // The first of those that have; 0: none has. Where LAST_INSERT_ID(value) has told one, that stays.
  void settle_first_id(std::uint64_t id);
  std::uint64_t updated_id() const { return updated_id_; }  // of the last row that INSERT has changed
  std::int64_t rows_updated() const { return rows_updated_; }
  std::int64_t rows_changed() const { return rows_changed_; }
  std::int64_t rows_refused() const { return rows_refused_; }  // found, and left as they are by IGNORE
  std::int64_t duplicates() const { return duplicates_; }      // that were left out

  // SET timestamp: what NOW() is from the next statement on; nothing: the time.
  std::optional<std::int64_t> fixed_time_us;
  std::int64_t statement_time_us() override { return statement_time_us_; }
  std::int64_t current_time_us() override;
  std::string time_zone() override { return variables.text("time_zone"); }
  std::string time_names() override { return variables.text("lc_time_names"); }
  std::uint32_t sql_mode() override;
  std::string collation() override { return variables.text("collation_connection"); }
  int div_precision_increment() override {
    return static_cast<int>(variables.number("div_precision_increment"));
  }
  int default_week_format() override { return static_cast<int>(variables.number("default_week_format")); }
  std::uint64_t group_concat_bytes_max() override;
  std::uint64_t packet_bytes_max() override;
  std::string user() override { return identity.user + "@" + identity.host; }
  std::string current_user() override { return identity.account; }
  std::string database() override { return current_database; }
  std::string version() override { return variables.text("version"); }
  std::uint64_t connection_id() override { return identity.connection; }
  std::uint64_t last_insert_id() override { return last_insert_id_; }
  void set_last_insert_id(std::uint64_t id) override;
  std::optional<std::int64_t> next_auto_increment(std::string_view table, bool kept,
                                                  std::string* refusal) override;
  void note_given_id(std::uint64_t id) override;
  void note_update(bool differs, int columns, std::uint64_t id) override;
  void note_duplicate() override { ++duplicates_; }
  std::uint64_t found_rows() override { return found; }
  std::int64_t row_count() override { return counted; }
  std::uint64_t rows_before() override { return rows_done; }
  LockOutcome lock_name(const std::string& name, double seconds) override;
  bool unlock_name(const std::string& name) override;
  std::optional<std::uint64_t> name_owner(const std::string& name) override;
  std::int64_t unlock_names() override;
  bool row_is_free(std::string_view table, bool share, std::span<sqlite3_value* const> key) override {
    return !row_free || row_free(table, share, key);
  }
  bool sleep(double seconds) override;
  std::optional<std::string> load_file(const std::string& name) override {
    return file_of ? file_of(name) : std::nullopt;
  }
  std::uint64_t short_uuid() override;
  std::uint64_t random() override;
  std::optional<Variable> system_variable(std::string_view name, std::string_view scope) override;
  std::string user_variable(std::string_view name) override;
  void set_user_variable(std::string_view name, std::string encoded) override;
  void diagnose(functions::Level level, int code, const std::string& message) override;

 private:
  UserVariables user_variables_;
  std::int64_t statement_time_us_ = 0;
  mysql::Answer<std::int64_t> next_id(std::string_view table, bool kept);

  std::vector<std::int64_t> given_ids_;
  std::vector<std::int64_t> offered_ids_;
  std::int64_t rows_to_come_ = 0;  // of the statement, that may want an id
  NumberRun run_;                  // what is left of its ids
  std::uint64_t last_insert_id_ = 0;
  std::uint64_t first_id_ = 0;
  bool generated_ = false;       // first_id_ was made here
  bool told_ = false;            // first_id_ is LAST_INSERT_ID(value)'s
  std::uint64_t id_before_ = 0;  // last_insert_id_ when the statement began
  std::uint64_t updated_id_ = 0;
  bool ignore_ = false;
  bool row_differs_ = false;
  int columns_seen_ = 0;  // of the row that is being updated
  std::int64_t rows_updated_ = 0;
  std::int64_t rows_changed_ = 0;
  std::int64_t rows_refused_ = 0;
  std::int64_t duplicates_ = 0;
};

}  // namespace murmel::session
