#include "extension/functions.h"

#include "extension/capture_api.h"
#include "extension/status.h"
#include "extension/trigger_mode.h"
#include "extension/trigger_sql.h"
#include "extension/version.h"

namespace murmel::extension {
namespace {

const char* schema_argument(int n, sqlite3_value** arguments) {
  const char* name = n > 0 ? reinterpret_cast<const char*>(sqlite3_value_text(arguments[0])) : nullptr;
  return name == nullptr ? "main" : name;
}

// Runs one of the capture_api's acts with our own writes kept out of capture.
template <typename Act>
void perform(sqlite3_context* context, Act act) {
  auto& connection = *static_cast<Connection*>(sqlite3_user_data(context));
  Fault fault;
  const bool was_busy = connection.busy();
  const sqlite3_int64 rowid = sqlite3_last_insert_rowid(connection.db());
  const HideWrites hidden(connection.db(), connection.slots());
  const KeepChangeCounts kept(connection.db(), connection.counts());
  connection.set_busy(true);
  const int rc = act(connection, fault);
  connection.set_busy(was_busy);
  sqlite3_set_last_insert_rowid(connection.db(), rowid);
  if (rc == SQLITE_OK) {
    sqlite3_result_int(context, 1);
  } else {
    sqlite3_result_error(context, fault.text, -1);
    sqlite3_result_error_code(context, rc);
  }
}

void enable_function(sqlite3_context* context, int n, sqlite3_value** arguments) noexcept {
  perform(context, [&](Connection& connection, Fault& fault) {
    const char* schema = schema_argument(n, arguments);
    sqlite3* db = connection.db();
    std::int64_t rows = 0;
    bool logged = false;
    int rc = enable(db, schema, fault);
    // Enabling again brings everything up to date: rows that wait, the schema, the triggers that the settings
    // ask for.
    if (rc == SQLITE_OK) rc = convert_wide_rows(db, schema, &rows, fault);
    if (rc == SQLITE_OK) rc = log_schema_changes(db, schema, &logged, fault);
    if (rc != SQLITE_OK) return rc;
    return connection.captures_by_hook() ? install_triggers(db, schema, fault)
                                         : begin_trigger_mode(connection, schema, fault);
  });
}

void disable_function(sqlite3_context* context, int n, sqlite3_value** arguments) noexcept {
  perform(context, [&](Connection& connection, Fault& fault) {
    connection.finalize_statements();
    if (!connection.captures_by_hook() && end_trigger_mode(connection, fault) != SQLITE_OK) return fault.code;
    return disable(connection.db(), schema_argument(n, arguments), fault);
  });
}

void status_function(sqlite3_context* context, int, sqlite3_value**) noexcept {
  const auto& connection = *static_cast<const Connection*>(sqlite3_user_data(context));
  char* json = status_json(connection);
  if (json == nullptr) return sqlite3_result_error_nomem(context);
  sqlite3_result_text(context, json, -1, sqlite3_free);
}

// Named by the triggers that keep out writers without the extension; never called (they have WHEN 0).
void guard_function(sqlite3_context*, int, sqlite3_value**) noexcept {}

void version_function(sqlite3_context* context, int, sqlite3_value**) noexcept {
  sqlite3_result_text(context, kVersion, -1, SQLITE_STATIC);
}

struct Function {
  const char* name;
  int arguments;
  int flags;
  void (*call)(sqlite3_context*, int, sqlite3_value**);
};

constexpr Function kFunctions[] = {
    {"murmel_enable", 0, SQLITE_DIRECTONLY, enable_function},
    {"murmel_enable", 1, SQLITE_DIRECTONLY, enable_function},
    {"murmel_disable", 0, SQLITE_DIRECTONLY, disable_function},
    {"murmel_disable", 1, SQLITE_DIRECTONLY, disable_function},
    {"murmel_status", 0, SQLITE_DIRECTONLY, status_function},
    {kGuardFunction, 0, SQLITE_INNOCUOUS, guard_function},
    {"murmel_version", 0, SQLITE_INNOCUOUS, version_function},
};

}  // namespace

int register_functions(sqlite3* db, Connection* connection) noexcept {
  for (const Function& function : kFunctions) {
    const int rc =
        sqlite3_create_function_v2(db, function.name, function.arguments, SQLITE_UTF8 | function.flags,
                                   connection, function.call, nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) return rc;
  }
  return SQLITE_OK;
}

}  // namespace murmel::extension
