// mysql_assign and its kin: what INSERT and UPDATE call for the values that they store.
#include "agent/functions/assign.h"

#include <sqlite3.h>

#include "agent/functions/groups.h"

namespace murmel::functions {

using Family = ColumnType::Family;

namespace {

const ColumnType* type_of(const Call& call, int index) {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(call.raw(index)));
  const ColumnType* const type = text != nullptr ? known_column_type(text) : nullptr;
  if (type == nullptr) call.fail(1210, "Incorrect arguments to mysql_assign");
  return type;
}

// A text without a tag that fits whatever its characters: as most are.
bool fits_as_it_is(const ColumnType& type, sqlite3_value* value) {
  return type.family == Family::kText && !type.fixed && type.characters == ColumnType::Characters::kAll &&
         sqlite3_value_type(value) == SQLITE_TEXT && sqlite3_value_subtype(value) == 0 &&
         static_cast<uint64_t>(sqlite3_value_bytes(value)) <= type.length;
}

void assign_argument(const Call& call) {
  if (call.null(0)) return;
  const ColumnType* const type = type_of(call, 1);
  if (type == nullptr) return;
  if (fits_as_it_is(*type, call.raw(0))) return call.result_same(0);
  const bool strict = (call.session().sql_mode() & kStrictTables) != 0;
  Assignment to{call.session(), *type, call.value(0), call.text(2), std::max<int64_t>(call.integer(3), 1),
                strict};
  assign(to);
  to.error != 0 ? call.fail(to.error, to.message) : call.result(to.stored);
}

void implicit_default(const Call& call) {
  if (call.has(1)) call.warn(1048, "Column '" + call.text(1) + "' cannot be null");
  const ColumnType* const type = type_of(call, 0);
  if (type == nullptr) return;
  switch (type->family) {
    case Family::kInteger:
    case Family::kBit:
    case Family::kYear: return call.result(0);
    case Family::kFloat:
    case Family::kDouble: return call.result(0.0);
    case Family::kDecimal: return call.result(Value::of_decimal(Decimal::of(0).rounded(type->decimals)));
    case Family::kDate: return call.result("0000-00-00");
    case Family::kTime: return call.result("00:00:00");
    case Family::kDateTime: return call.result("0000-00-00 00:00:00");
    case Family::kText:
    case Family::kSet: return call.result("");
    case Family::kBinary: return call.result_binary(std::string(type->fixed ? type->length : 0, '\0'));
    case Family::kEnum: return call.result(type->members.empty() ? std::string() : type->members.front());
    case Family::kJson: return call.result("null");
  }
}

void auto_increment(const Call& call) {
  Session& session = call.session();
  const int64_t given = call.null(0) ? 0 : call.integer(0);
  const bool zero_counts = (session.sql_mode() & kNoAutoValueOnZero) != 0;
  if (!call.null(0) && (given != 0 || zero_counts)) {
    if (!call.has(2)) session.note_given_id(static_cast<uint64_t>(given));
    return call.result(given);
  }
  std::string refusal;
  const auto next = session.next_auto_increment(call.text(1), !call.has(2), &refusal);
  if (!next) return call.fail(1467, refusal);
  call.result(*next);
}

// Bytes and type are compared, but for a number that is stored as another kind of number.
bool differs(sqlite3_value* a, sqlite3_value* b) {
  const auto is_number = [](int type) { return type == SQLITE_INTEGER || type == SQLITE_FLOAT; };
  const int type = sqlite3_value_type(a);
  const int other = sqlite3_value_type(b);
  if (is_number(type) && is_number(other)) {
    return type == SQLITE_INTEGER && other == SQLITE_INTEGER
               ? sqlite3_value_int64(a) != sqlite3_value_int64(b)
               : sqlite3_value_double(a) != sqlite3_value_double(b);
  }
  if (type != other) return true;
  if (type == SQLITE_NULL) return false;
  const auto bytes = [type](sqlite3_value* value) {
    const void* const start = type == SQLITE_BLOB ? sqlite3_value_blob(value) : sqlite3_value_text(value);
    const auto size = static_cast<size_t>(sqlite3_value_bytes(value));
    return std::string_view(size == 0 ? "" : static_cast<const char*>(start), size);
  };
  return bytes(a) != bytes(b);
}

void updated(const Call& call) {
  const auto id = call.has(3) ? static_cast<std::uint64_t>(call.integer(3)) : 0;
  call.session().note_update(differs(call.raw(0), call.raw(1)), static_cast<int>(call.integer(2)), id);
  call.result_same(0);
}

// A constraint is violated by what is false, not by NULL.
void check(const Call& call) {
  if (call.null(0) || call.real(0) != 0) return call.result(1);
  const std::string sentence = "Check constraint '" + call.text(1) + "' is violated.";
  if (!call.has(2)) return call.fail(3819, sentence);
  call.warn(3819, sentence);
  if (call.text(2) == "update") call.session().note_update(false, 0, 0);
  call.result(0);
}

// Of a row that INSERT IGNORE leaves out.
void duplicate(const Call& call) {
  std::string entry;
  for (int i = 1; i < call.count(); ++i) entry += (i == 1 ? "" : "-") + call.text(i);
  call.warn(1062, "Duplicate entry '" + entry + "' for key '" + call.text(0) + "'");
  call.session().note_duplicate();
  call.result(0);
}

// SIGNAL SQLSTATE '45000', or an error of the server's own.
void signal(const Call& call) {
  call.fail(call.has(1) ? static_cast<std::uint16_t>(call.integer(1)) : 1644, call.text(0));
}

void required(const Call& call) {
  if (call.null(0)) return call.fail(1048, "Column '" + call.text(1) + "' cannot be null");
  call.result_same(0);
}

void system_variable(const Call& call) {
  const std::string name = call.text(0);
  const auto value = call.session().system_variable(name, call.text(1));
  if (!value) return call.fail(1193, "Unknown system variable '" + name + "'");
  if (const auto* number = std::get_if<int64_t>(&*value)) return call.result(*number);
  if (const auto* text = std::get_if<std::string>(&*value)) call.result(*text);
}

constexpr const char* kGroup = "Storing";

constexpr Function kFunctions[] = {
    scalar("mysql_assign", 4, 4, kPlain, assign_argument, kGroup,
           "the value as a column stores it: (value, type, column, row)"),
    scalar("mysql_implicit_default", 1, 2, kVaries, implicit_default, kGroup,
           "what a NOT NULL column of the type gets without DEFAULT, or for NULL (then with the column, to "
           "warn)"),
    scalar(
        "mysql_auto_increment", 2, 3, kVaries, auto_increment, kGroup,
        "the value, or for NULL and 0 the table's next number: (value, table [, 'trigger': LAST_INSERT_ID() "
        "does not tell it])"),
    scalar("mysql_required", 2, 2, kPlain, required, kGroup,
           "the value, or for NULL error 1048: (value, column)"),
    scalar("mysql_duplicate", 2, kAnyCount, kVaries, duplicate, kGroup,
           "0; warns of a row that is there already: (key, its values)"),
    scalar("mysql_signal", 1, 2, kVaries, signal, kGroup,
           "ends the statement with that sentence and error 1644: (sentence [, another number])"),
    scalar("mysql_updated", 3, 4, kVaries, updated, kGroup,
           "the first value; notes whether it differs from the second: (new, old, columns of the row [, its "
           "AUTO_INCREMENT value])"),
    scalar("mysql_check", 2, 3, kVaries, check, kGroup,
           "1 where a CHECK constraint holds, else an error: (condition, name [, 'ignore': a warning and 0; "
           "'update': "
           "a row that is found, too])"),
    scalar("mysql_system_variable", 2, 2, kPlain, system_variable, kGroup, "`@@name`: (name, scope)"),
};

}  // namespace

void Assignment::fail(int code, std::string what) {
  error = code;
  message = std::move(what);
}

std::string Assignment::sentence(const std::string& what) const {
  return what + " for column '" + column + "' at row " +
         std::to_string(static_cast<uint64_t>(row) + session.rows_before());
}

bool Assignment::refused(int code, const std::string& what) {
  if (strict) {
    fail(code, sentence(what));
    return true;
  }
  if (!quiet) session.diagnose(Level::kWarning, code, sentence(what));
  return false;
}

void Assignment::note_truncated() {
  if (!quiet) session.diagnose(Level::kNote, 1265, sentence("Data truncated"));
}

void assign(Assignment& to) {
  switch (to.type.family) {
    case Family::kInteger: return assign_integer(to);
    case Family::kDecimal: return assign_decimal(to);
    case Family::kFloat:
    case Family::kDouble: return assign_real(to);
    case Family::kBit: return assign_bit(to);
    case Family::kYear: return assign_year(to);
    case Family::kDate:
    case Family::kDateTime: return assign_date(to);
    case Family::kTime: return assign_time(to);
    case Family::kText: return assign_text(to);
    case Family::kBinary: return assign_binary(to);
    case Family::kEnum: return assign_enum(to);
    case Family::kSet: return assign_set(to);
    case Family::kJson: return assign_json(to);
  }
}

std::span<const Function> storing_functions() {
  return kFunctions;
}

}  // namespace murmel::functions
