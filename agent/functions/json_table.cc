// JSON_TABLE as an eponymous virtual table of SQLite's: mysql_json_table(document, plan) has a row for each
// value at the plan's path, and columns c0, c1, ... as MySQL numbers those of COLUMNS. The plan is JSON, as
// agent/sql/json_table.cc writes it:
//   {"path": "$[*]", "columns": [{"name": "a", "type": "int", "path": "$.a", "empty": REPLY, "error": REPLY},
//     {"name": "b", "type": "int", "exists": "$.b"}, {"name": "n"}, {"path": "$.l[*]", "columns": [...]}]}
// where a column without a type counts rows, and a REPLY is an error (true) or a value's JSON text.
#include <sqlite3.h>

#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "agent/functions/assign.h"
#include "agent/functions/groups.h"
#include "agent/functions/json_path.h"

namespace murmel::functions {
namespace {

constexpr int kDocumentColumn = kJsonTableColumnsMax;
constexpr int kPlanColumn = kJsonTableColumnsMax + 1;

struct Failure {
  int code = 0;  // MySQL's, 0: none
  std::string message;
};

// NULL, an error, or a value, where a path leads nowhere or to what is no value of the column.
struct Reply {
  bool error = false;
  std::optional<Json> value;
};

struct TableColumn {
  enum class What { kOrdinality, kPath, kExists };
  What what = What::kOrdinality;
  size_t level = 0;
  std::string name;
  ColumnType type;
  JsonPath path;
  Reply empty, error;
};

// One COLUMNS clause: its path from the row around it, and those within it.
struct Columns {
  JsonPath path;
  std::vector<size_t> nested;
};

struct Plan {
  std::vector<Columns> levels;
  std::vector<TableColumn> columns;
};

// --- reading the plan -------------------------------------------------------------------------------------

class PlanReader {
 public:
  explicit PlanReader(Failure* failure) : failure_(failure) {}

  Plan read(std::string_view text) {
    const auto json = parse_json(text);
    if (json && json->is_object()) level(*json);
    if (!json || plan_.levels.empty()) fail(1210, "Incorrect arguments to JSON_TABLE");
    return std::move(plan_);
  }

 private:
  void fail(int code, std::string message) {
    if (failure_->code == 0) *failure_ = {code, std::move(message)};
  }

  JsonPath path(const std::string& text) {
    size_t error = 0;
    auto parsed = parse_json_path(text, &error);
    if (!parsed) {
      fail(3143, "Invalid JSON path expression. The error is around character position " +
                     std::to_string(error) + ".");
    }
    return parsed.value_or(JsonPath{});
  }

  size_t level(const Json& from) {
    const size_t number = plan_.levels.size();
    plan_.levels.push_back({path(from.value("path", "")), {}});
    for (const Json& column : from.at("columns")) {
      if (!column.contains("columns")) {
        this->column(column, number);
        continue;
      }
      const size_t nested = level(column);
      plan_.levels[number].nested.push_back(nested);
    }
    return number;
  }

  void column(const Json& from, size_t level) {
    TableColumn column;
    column.level = level;
    column.name = from.value("name", "");
    if (from.contains("type")) {
      const bool exists = from.contains("exists");
      column.what = exists ? TableColumn::What::kExists : TableColumn::What::kPath;
      column.path = path(from.value(exists ? "exists" : "path", ""));
      column.type = parse_column_type(from.value("type", "")).value_or(ColumnType{});
      column.type.in_utc = false;
      column.empty = reply(from, "empty", column);
      column.error = reply(from, "error", column);
    }
    plan_.columns.push_back(std::move(column));
  }

  Reply reply(const Json& from, const char* when, const TableColumn& column) {
    const auto found = from.find(when);
    if (found == from.end()) return {};
    if (found->is_boolean()) return {true, std::nullopt};
    auto value = parse_json(found->get<std::string>());
    const bool fits = value && (!value->is_structured() || column.type.family == ColumnType::Family::kJson);
    if (!fits) fail(1067, "Invalid default value for '" + column.name + "'");
    return {false, std::move(value)};
  }

  Failure* failure_;
  Plan plan_;
};

// --- values -----------------------------------------------------------------------------------------------

// The number that all of a text is.
std::optional<Value> whole_number(const std::string& text, ColumnType::Family family) {
  size_t used = 0;
  if (family == ColumnType::Family::kFloat || family == ColumnType::Family::kDouble) {
    const double number = parse_double(text, &used);
    return used != 0 && used == text.size() ? std::optional(Value::of_double(number)) : std::nullopt;
  }
  const Decimal number = Decimal::parse(text, &used);
  const bool exact = family == ColumnType::Family::kDecimal || text.find_first_of(".eE") == std::string::npos;
  return exact && used != 0 && used == text.size() ? std::optional(Value::of_decimal(number)) : std::nullopt;
}

bool is_whole(ColumnType::Family family) {
  using Family = ColumnType::Family;
  return family == Family::kInteger || family == Family::kBit || family == Family::kYear;
}

const char* number_word(ColumnType::Family family) {
  using Family = ColumnType::Family;
  if (is_whole(family)) return "INTEGER";
  if (family == Family::kDecimal) return "DECIMAL";
  return family == Family::kFloat || family == Family::kDouble ? "DOUBLE" : nullptr;
}

// For MySQL the 64 bits of a number that is no JSON integer have the sign of the column: '-1' is
// 18446744073709551615 in a BIGINT UNSIGNED.
Value with_sign_of(const ColumnType& type, Value number) {
  if (type.family != ColumnType::Family::kInteger) return number;
  if (number.kind == Kind::kDecimal) {
    if (const auto whole = number.decimal.to_int64()) {
      number = Value::of(*whole);
    } else if (const auto large = number.decimal.to_uint64()) {
      number = Value::of_unsigned(*large);
    } else {
      return number;
    }
  }
  return type.is_unsigned ? Value::of_unsigned(number.bits()) : Value::of(number.integer);
}

// A scalar as it is assigned to the column; nothing if it is no such number.
std::optional<Value> assignable(const Json& json, const ColumnType& type) {
  const ColumnType::Family family = type.family;
  if (family == ColumnType::Family::kJson) return Value::of_text(json_text(json), Kind::kJson);
  const bool number = number_word(family) != nullptr;
  if (json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    if (!number) return Value::of_text(text);
    auto whole = whole_number(text, family);
    return whole ? std::optional(with_sign_of(type, std::move(*whole))) : whole;
  }
  if (!number) return Value::of_text(json_text(json));
  if (json.is_boolean()) return Value::of(json.get<bool>() ? 1 : 0);
  if (is_json_decimal(json) && !is_whole(family)) return Value::of_decimal(decimal_of_json(json));
  if (json.is_number_unsigned()) return Value::of_unsigned(json.get<uint64_t>());
  if (json.is_number_integer()) return Value::of(json.get<int64_t>());
  const double real = is_json_decimal(json) ? decimal_of_json(json).to_double() : json.get<double>();
  if (!is_whole(family)) return Value::of_double(real);
  // Rounded to the even neighbour, and not beyond 64 bits.
  if (real <= -0x1p63) return with_sign_of(type, Value::of(std::numeric_limits<int64_t>::min()));
  if (real >= 0x1p63) return Value::of(std::numeric_limits<int64_t>::max());
  return with_sign_of(type, Value::of(static_cast<int64_t>(std::rint(real))));
}

Value converted(const TableColumn& column, const Json& json, Session& session, Failure* failure) {
  using Family = ColumnType::Family;
  if (column.type.family != Family::kJson) {
    if (json.is_null()) return {};
    if (json.is_structured()) {
      *failure = {3666,
                  "Can't store an array or an object in the scalar JSON_TABLE column '" + column.name + "'"};
      return {};
    }
  }
  auto value = assignable(json, column.type);
  if (!value) {
    *failure = {3156, std::string("Invalid JSON value for CAST to ") + number_word(column.type.family) +
                          " from column " + column.name + " at row 1"};
    return {};
  }
  Assignment to{session, column.type, std::move(*value), column.name};
  to.quiet = true;
  assign(to);
  if (to.error != 0) *failure = {3669, "Value is out of range for JSON_TABLE's column '" + column.name + "'"};
  return std::move(to.stored);
}

Value replied(const TableColumn& column, const Reply& reply, Session& session, Failure* failure) {
  return reply.value ? converted(column, *reply.value, session, failure) : Value();
}

Value at_path(const TableColumn& column, const Json& row, Session& session, Failure* failure) {
  const auto found = json_find(row, column.path);
  if (found.empty()) {
    if (column.empty.error) *failure = {3665, "Missing value for JSON_TABLE column '" + column.name + "'"};
    return replied(column, column.empty, session, failure);
  }
  Failure wrong;
  Value value;
  if (found.size() == 1) {
    value = converted(column, *found.front(), session, &wrong);
  } else {
    Json all = Json::array();
    for (const Json* one : found) all.push_back(*one);
    value = converted(column, all, session, &wrong);
  }
  if (wrong.code == 0) return value;
  if (column.error.error) *failure = std::move(wrong);
  return replied(column, column.error, session, failure);
}

// --- the virtual table ------------------------------------------------------------------------------------

struct Table {
  sqlite3_vtab base;
  Session* session;
};

// Where a row stands in one level; without a value its columns are NULL.
struct Place {
  const Json* value = nullptr;
  int64_t ordinal = 0;
};

struct Cursor {
  sqlite3_vtab_cursor base;
  std::string plan_text, document_text;
  Plan plan;
  Json document;
  std::vector<Place> places;  // of all rows, as many as there are levels for each
  size_t row = 0;
  std::vector<Value> values;  // of this row

  size_t rows() const { return plan.levels.empty() ? 0 : places.size() / plan.levels.size(); }

  // The rows of a level below `source`: nested levels one after the other, the others without values.
  bool expand(size_t level, const Json& source, std::vector<Place>& current) {
    const auto found = json_find(source, plan.levels[level].path);
    int64_t ordinal = 0;
    for (const Json* value : found) {
      current[level] = {value, ++ordinal};
      bool any = false;
      for (const size_t nested : plan.levels[level].nested) any = expand(nested, *value, current) || any;
      if (!any) places.insert(places.end(), current.begin(), current.end());
    }
    current[level] = {};
    return !found.empty();
  }

  void read_row(Session& session, Failure* failure) {
    values.clear();
    for (const TableColumn& column : plan.columns) {
      const Place& place = places[row * plan.levels.size() + column.level];
      if (place.value == nullptr) {
        values.emplace_back();
      } else if (column.what == TableColumn::What::kOrdinality) {
        values.push_back(Value::of_unsigned(static_cast<uint64_t>(place.ordinal)));
      } else if (column.what == TableColumn::What::kExists) {
        const bool exists = !json_find(*place.value, column.path).empty();
        values.push_back(converted(column, Json(exists ? 1 : 0), session, failure));
      } else {
        values.push_back(at_path(column, *place.value, session, failure));
      }
      if (failure->code != 0) return;
    }
  }
};

Cursor* cursor_of(sqlite3_vtab_cursor* cursor) {
  return reinterpret_cast<Cursor*>(cursor);
}

int end_with(Cursor* cursor, const Failure& failure) {
  auto* const table = reinterpret_cast<Table*>(cursor->base.pVtab);
  table->session->diagnose(Level::kError, failure.code, failure.message);
  sqlite3_free(table->base.zErrMsg);
  table->base.zErrMsg = sqlite3_mprintf("%s", failure.message.c_str());
  return SQLITE_ERROR;
}

int read_current(Cursor* cursor) {
  if (cursor->row >= cursor->rows()) return SQLITE_OK;
  Failure failure;
  cursor->read_row(*reinterpret_cast<Table*>(cursor->base.pVtab)->session, &failure);
  return failure.code != 0 ? end_with(cursor, failure) : SQLITE_OK;
}

int json_table_connect(sqlite3* connection, void* session, int, const char* const*, sqlite3_vtab** made,
                       char**) noexcept {
  std::string definition = "CREATE TABLE x(";
  for (int i = 0; i < kJsonTableColumnsMax; ++i) definition += "c" + std::to_string(i) + ", ";
  const int code = sqlite3_declare_vtab(connection, (definition + "document HIDDEN, plan HIDDEN)").c_str());
  if (code != SQLITE_OK) return code;
  sqlite3_vtab_config(connection, SQLITE_VTAB_INNOCUOUS);
  auto table = std::make_unique<Table>();
  table->session = static_cast<Session*>(session);
  *made = &table.release()->base;
  return SQLITE_OK;
}

int json_table_disconnect(sqlite3_vtab* table) noexcept {
  delete reinterpret_cast<Table*>(table);
  return SQLITE_OK;
}

int best_index(sqlite3_vtab*, sqlite3_index_info* info) noexcept {
  bool given[2] = {};
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.iColumn < kDocumentColumn || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (constraint.usable == 0) return SQLITE_CONSTRAINT;
    const int argument = constraint.iColumn - kDocumentColumn;
    given[argument] = true;
    info->aConstraintUsage[i].argvIndex = argument + 1;
    info->aConstraintUsage[i].omit = 1;
  }
  constexpr int kRowsExpected = 25;
  info->estimatedCost = kRowsExpected;
  info->estimatedRows = kRowsExpected;
  return given[0] && given[1] ? SQLITE_OK : SQLITE_CONSTRAINT;
}

int json_table_open(sqlite3_vtab*, sqlite3_vtab_cursor** made) noexcept {
  *made = &(new Cursor())->base;
  return SQLITE_OK;
}

int json_table_close(sqlite3_vtab_cursor* cursor) noexcept {
  delete cursor_of(cursor);
  return SQLITE_OK;
}

// The same document again, as for each row of a join, is not read again.
int json_table_filter(sqlite3_vtab_cursor* base, int, const char*, int, sqlite3_value** values) noexcept {
  Cursor* const cursor = cursor_of(base);
  cursor->row = 0;
  const auto text = [](sqlite3_value* value) {
    const auto* const start = reinterpret_cast<const char*>(sqlite3_value_text(value));
    return std::string_view(start != nullptr ? start : "", static_cast<size_t>(sqlite3_value_bytes(value)));
  };
  bool same = cursor->document_text == text(values[0]);
  if (cursor->plan_text != text(values[1])) {
    Failure failure;
    cursor->plan = PlanReader(&failure).read(text(values[1]));
    if (failure.code != 0) return end_with(cursor, failure);
    cursor->plan_text = text(values[1]);
    same = false;
  }
  if (!same) {
    cursor->places.clear();
    cursor->document_text = text(values[0]);
    auto document = parse_json(cursor->document_text, true);
    if (!document) return SQLITE_OK;  // NULL
    cursor->document = std::move(*document);
    std::vector<Place> current(cursor->plan.levels.size());
    cursor->expand(0, cursor->document, current);
  }
  return read_current(cursor);
}

int json_table_next(sqlite3_vtab_cursor* base) noexcept {
  Cursor* const cursor = cursor_of(base);
  ++cursor->row;
  return read_current(cursor);
}

int at_end(sqlite3_vtab_cursor* base) noexcept {
  return cursor_of(base)->row >= cursor_of(base)->rows() ? 1 : 0;
}

int json_table_column(sqlite3_vtab_cursor* base, sqlite3_context* context, int number) noexcept {
  const Cursor* const cursor = cursor_of(base);
  const auto index = static_cast<size_t>(number);
  if (index < cursor->values.size()) write_value(context, cursor->values[index]);
  return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor* base, sqlite3_int64* id) noexcept {
  *id = static_cast<sqlite3_int64>(cursor_of(base)->row);
  return SQLITE_OK;
}

const sqlite3_module kModule = [] {
  sqlite3_module module = {};
  module.xConnect = json_table_connect;
  module.xBestIndex = best_index;
  module.xDisconnect = json_table_disconnect;
  module.xOpen = json_table_open;
  module.xClose = json_table_close;
  module.xFilter = json_table_filter;
  module.xNext = json_table_next;
  module.xEof = at_end;
  module.xColumn = json_table_column;
  module.xRowid = row_id;
  return module;
}();

void read_document(const Call& call) {
  if (const auto json = json_of(call, 0)) give_json(call, *json);
}

constexpr Function kJsonTableFunctions[] = {
    scalar("json_table", 1, 1, kNullIn, read_document, "JSON", "the document that `mysql_json_table` reads"),
};

}  // namespace

std::span<const Function> json_table_functions() {
  return kJsonTableFunctions;
}

// https://sqlite.org/vtab.html#eponymous_virtual_tables
Status install_json_table(sqlite3* connection, Session& session) {
  if (sqlite3_create_module_v2(connection, "mysql_json_table", &kModule, &session, nullptr) != SQLITE_OK)
    return Error{ErrorCode::kInternal, std::string("mysql_json_table: ") + sqlite3_errmsg(connection)};
  return Ok{};
}

}  // namespace murmel::functions
