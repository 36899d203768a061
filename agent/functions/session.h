// What a function may ask of, and tell to, the session whose statement calls it. Everything that is not an
// argument comes through here: clock, time zone, sql_mode, identity, random numbers; so the functions have no
// hidden inputs. Thread rule: a session and the connections that functions are registered on belong to one
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

struct sqlite3_value;

namespace murmel::functions {

// Bits of sql_mode that functions know.
enum SqlMode : uint32_t {
  kStrictTables = 1u << 0,
  kNoZeroDate = 1u << 1,
  kNoZeroInDate = 1u << 2,
  kAllowInvalidDates = 1u << 3,
  kErrorForDivisionByZero = 1u << 4,
  kNoBackslashEscapes = 1u << 5,
  kNoUnsignedSubtraction = 1u << 6,
  kNoAutoValueOnZero = 1u << 7,
};

enum class Level { kNote, kWarning, kError };

class Session {
 public:
  virtual ~Session() = default;

  // Time of the statement's begin and of this instant, in microseconds since 1970 UTC.
  virtual int64_t statement_time_us() = 0;
  virtual int64_t current_time_us() = 0;
  // 'SYSTEM', '+02:00' or an IANA name; checked by whoever sets it.
  virtual std::string time_zone() = 0;
  // lc_time_names; checked by whoever sets it.
  virtual std::string time_names() { return "en_US"; }

  virtual uint32_t sql_mode() = 0;                // of SqlMode
  virtual std::string collation() = 0;            // collation_connection
  virtual int div_precision_increment() = 0;      // 0 to 30
  virtual int default_week_format() = 0;          // 0 to 7
  virtual uint64_t group_concat_bytes_max() = 0;  // group_concat_max_len
  virtual uint64_t
  packet_bytes_max() = 0;  // max_allowed_packet: results beyond it are NULL with warning 1301

  virtual std::string user() = 0;          // 'name@host' as the client gave it
  virtual std::string current_user() = 0;  // the account that matched
  virtual std::string database() = 0;      // empty: none
  virtual std::string version() = 0;
  virtual uint64_t connection_id() = 0;
  virtual uint64_t last_insert_id() = 0;
  virtual void set_last_insert_id(uint64_t id) = 0;  // LAST_INSERT_ID(expr)
  // The table's next number; nothing if there is none left, and why in `*refusal` (error 1467). `kept`: it is
  // remembered for LAST_INSERT_ID().
  virtual std::optional<int64_t> next_auto_increment(std::string_view table, bool kept,
                                                     std::string* refusal) = 0;
  // A number that the statement itself gives to an AUTO_INCREMENT column.
  virtual void note_given_id(uint64_t id) = 0;
  // One of the `columns` that UPDATE writes in a row gets a value that differs from the old one, or not. No
  // columns: the row stays as it is.
  // `id`: the row's AUTO_INCREMENT value, where INSERT has found the row; 0: not told.
  virtual void note_update(bool differs, int columns, std::uint64_t id) = 0;
  // INSERT IGNORE has left out a row that is there already.
  virtual void note_duplicate() = 0;
  virtual uint64_t found_rows() = 0;
  virtual int64_t row_count() = 0;
  // Of a statement that writes its rows one by one: those before this one, for "at row 7".
  virtual uint64_t rows_before() { return 0; }

  // Locks of this node, by names in lower case (GET_LOCK). `seconds`: to wait; negative: without end.
  enum class LockOutcome { kGranted, kTimeout, kDeadlock, kInterrupted };
  virtual LockOutcome lock_name(const std::string& name, double seconds) = 0;
  virtual bool unlock_name(const std::string& name) = 0;                    // false: not this session's
  virtual std::optional<uint64_t> name_owner(const std::string& name) = 0;  // its connection
  virtual int64_t unlock_names() = 0;                                       // how many
  // SKIP LOCKED: whether this session could lock the row with this primary key for itself, or share it.
  virtual bool row_is_free(std::string_view table, bool share, std::span<sqlite3_value* const> key) = 0;
  // False: interrupted.
  virtual bool sleep(double seconds) = 0;
  // LOAD_FILE(): what is in a file of the server; nothing where the client may not have it.
  virtual std::optional<std::string> load_file(const std::string& name) = 0;
  virtual uint64_t short_uuid() = 0;  // differs from all others of this server

  virtual uint64_t random() = 0;  // 64 random bits, not to be guessed (RANDOM_BYTES)

  // `@@name`; scope is '', 'session', 'global' or 'persist'. Nothing for an unknown one.
  using Variable = std::variant<std::monostate, int64_t, std::string>;
  virtual std::optional<Variable> system_variable(std::string_view name, std::string_view scope) = 0;

  // User variables are kept as encoded by these functions (Value and its kind); empty: not set.
  virtual std::string user_variable(std::string_view name) = 0;
  virtual void set_user_variable(std::string_view name, std::string encoded) = 0;

  // A diagnostic with MySQL's number. kError accompanies the failure of the statement; the caller ends it.
  virtual void diagnose(Level level, int code, const std::string& message) = 0;
};

}  // namespace murmel::functions
