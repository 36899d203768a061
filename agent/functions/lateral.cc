// LATERAL: mysql_pack_rows(a, b, ...) makes one value of a query's rows, and mysql_rows(packed) is a table
// that has them again, as its columns c0, c1, ... Values stay what they are for SQLite, to the last bit, with
// the tags of their types. A row is the number of its columns, and for each one SQLite's type, the tag, and
// bytes.
#include <sqlite3.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/functions/groups.h"

namespace murmel::functions {
namespace {

constexpr int kLateralColumnsMax = 100;
constexpr size_t kTagBytes = 2;

class PackedRows final : public Aggregate {
 public:
  void add(const Call& call) override {
    const auto count = static_cast<char>(call.count());
    packed_ += count;
    for (int i = 0; i < call.count(); ++i) append(call.raw(i));
    if (packed_.size() > call.session().packet_bytes_max()) too_large_ = true;
    if (too_large_) packed_.clear();
  }
  void remove(const Call&) override {}  // is no window's
  void result(const Call& call) override {
    if (too_large_)
      return call.fail(1301, "Result of LATERAL was larger than max_allowed_packet (" +
                                 std::to_string(call.session().packet_bytes_max()) + ")");
    call.result_binary(std::move(packed_));
  }

 private:
  void append(sqlite3_value* value) {
    const int type = sqlite3_value_type(value);
    packed_ += static_cast<char>(type);
    packed_ += static_cast<char>(sqlite3_value_subtype(value));
    if (type == SQLITE_INTEGER) {
      append_fixed(sqlite3_value_int64(value));
    } else if (type == SQLITE_FLOAT) {
      append_fixed(sqlite3_value_double(value));
    } else if (type != SQLITE_NULL) {
      const auto* const bytes =
          static_cast<const char*>(type == SQLITE_TEXT ? static_cast<const void*>(sqlite3_value_text(value))
                                                       : sqlite3_value_blob(value));
      const int length = sqlite3_value_bytes(value);
      append_fixed(length);
      if (length > 0) packed_.append(bytes, static_cast<size_t>(length));
    }
  }
  template <typename Number>
  void append_fixed(Number number) {
    packed_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }

  std::string packed_;
  bool too_large_ = false;
};

struct RowsCursor {
  sqlite3_vtab_cursor base = {};
  std::string packed;
  size_t next = 0;  // where the row after the current one begins
  sqlite3_int64 row = 0;
  bool at_end = true;
  std::vector<size_t> places;  // of the current row's values

  void advance() {
    at_end = next >= packed.size();
    if (at_end) return;
    places.resize(static_cast<unsigned char>(packed[next++]));
    for (size_t& place : places) {
      place = next;
      if (next < packed.size()) next += kTagBytes + value_bytes_at(next);
      // What was not made here ends where it makes no sense.
      if (place >= packed.size() || next > packed.size()) at_end = true;
      if (at_end) return;
    }
  }
  size_t value_bytes_at(size_t place) const {
    const int type = packed[place];
    if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) return sizeof(sqlite3_int64);
    if (type != SQLITE_TEXT && type != SQLITE_BLOB) return 0;
    return sizeof(int) + static_cast<unsigned>(read<int>(place + kTagBytes));
  }
  template <typename Number>
  Number read(size_t at) const {
    Number number = 0;
    if (at + sizeof number <= packed.size()) std::memcpy(&number, packed.data() + at, sizeof number);
    return number;
  }
};

RowsCursor* rows_of(sqlite3_vtab_cursor* cursor) {
  return reinterpret_cast<RowsCursor*>(cursor);
}

int rows_connect(sqlite3* connection, void*, int, const char* const*, sqlite3_vtab** made, char**) noexcept {
  std::string definition = "CREATE TABLE x(";
  for (int i = 0; i < kLateralColumnsMax; ++i) definition += "c" + std::to_string(i) + ", ";
  const int code = sqlite3_declare_vtab(connection, (definition + "packed HIDDEN)").c_str());
  if (code != SQLITE_OK) return code;
  sqlite3_vtab_config(connection, SQLITE_VTAB_INNOCUOUS);
  *made = new sqlite3_vtab{};
  return SQLITE_OK;
}

int rows_disconnect(sqlite3_vtab* table) noexcept {
  delete table;
  return SQLITE_OK;
}

int rows_best_index(sqlite3_vtab*, sqlite3_index_info* info) noexcept {
  bool given = false;
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.iColumn != kLateralColumnsMax || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (constraint.usable == 0) return SQLITE_CONSTRAINT;
    given = true;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
  }
  constexpr int kRowsExpected = 25;
  info->estimatedCost = kRowsExpected;
  info->estimatedRows = kRowsExpected;
  return given ? SQLITE_OK : SQLITE_CONSTRAINT;
}

int rows_open(sqlite3_vtab*, sqlite3_vtab_cursor** made) noexcept {
  *made = &(new RowsCursor())->base;
  return SQLITE_OK;
}

int rows_close(sqlite3_vtab_cursor* cursor) noexcept {
  delete rows_of(cursor);
  return SQLITE_OK;
}

int rows_filter(sqlite3_vtab_cursor* base, int, const char*, int, sqlite3_value** values) noexcept {
  RowsCursor* const cursor = rows_of(base);
  const auto* const bytes = static_cast<const char*>(sqlite3_value_blob(values[0]));
  cursor->packed.assign(bytes != nullptr ? bytes : "", static_cast<size_t>(sqlite3_value_bytes(values[0])));
  cursor->next = 0;
  cursor->row = 0;
  cursor->advance();
  return SQLITE_OK;
}

int rows_next(sqlite3_vtab_cursor* base) noexcept {
  ++rows_of(base)->row;
  rows_of(base)->advance();
  return SQLITE_OK;
}

int rows_at_end(sqlite3_vtab_cursor* base) noexcept {
  return rows_of(base)->at_end ? 1 : 0;
}

int rows_column(sqlite3_vtab_cursor* base, sqlite3_context* context, int number) noexcept {
  const RowsCursor* const cursor = rows_of(base);
  if (static_cast<size_t>(number) >= cursor->places.size()) return SQLITE_OK;
  const size_t tags = cursor->places[static_cast<size_t>(number)], place = tags + kTagBytes;
  const char* const bytes = cursor->packed.data() + place + sizeof(int);
  switch (cursor->packed[tags]) {
    case SQLITE_INTEGER: sqlite3_result_int64(context, cursor->read<sqlite3_int64>(place)); break;
    case SQLITE_FLOAT: sqlite3_result_double(context, cursor->read<double>(place)); break;
    case SQLITE_TEXT: sqlite3_result_text(context, bytes, cursor->read<int>(place), SQLITE_TRANSIENT); break;
    case SQLITE_BLOB: sqlite3_result_blob(context, bytes, cursor->read<int>(place), SQLITE_TRANSIENT); break;
    default: break;
  }
  sqlite3_result_subtype(context, static_cast<unsigned char>(cursor->packed[tags + 1]));
  return SQLITE_OK;
}

int rows_id(sqlite3_vtab_cursor* base, sqlite3_int64* id) noexcept {
  *id = rows_of(base)->row;
  return SQLITE_OK;
}

const sqlite3_module kRowsModule = [] {
  sqlite3_module module = {};
  module.xConnect = rows_connect;
  module.xBestIndex = rows_best_index;
  module.xDisconnect = rows_disconnect;
  module.xOpen = rows_open;
  module.xClose = rows_close;
  module.xFilter = rows_filter;
  module.xNext = rows_next;
  module.xEof = rows_at_end;
  module.xColumn = rows_column;
  module.xRowid = rows_id;
  return module;
}();

constexpr Function kLateralFunctions[] = {
    aggregate<PackedRows>("mysql_pack_rows", 1, kLateralColumnsMax, "Derived tables",
                          "rows as one value, which the table `mysql_rows` has again (LATERAL)"),
};

}  // namespace

std::span<const Function> lateral_functions() {
  return kLateralFunctions;
}

Status install_lateral(sqlite3* connection) {
  if (sqlite3_create_module_v2(connection, "mysql_rows", &kRowsModule, nullptr, nullptr) != SQLITE_OK)
    return Error{ErrorCode::kInternal, std::string("mysql_rows: ") + sqlite3_errmsg(connection)};
  return Ok{};
}

}  // namespace murmel::functions
