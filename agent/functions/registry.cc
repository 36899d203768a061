#include "agent/functions/registry.h"

#include <sqlite3.h>

#include <array>
#include <new>

#include "agent/functions/collation.h"
#include "agent/functions/groups.h"

namespace murmel::functions {
namespace {

// What SQLite hands back with each call.
struct Binding {
  const Function* function;
  Session* session;
};

const Binding& binding_of(sqlite3_context* context) {
  return *static_cast<Binding*>(sqlite3_user_data(context));
}

Call call_of(sqlite3_context* context, int count, sqlite3_value** values) {
  const Binding& binding = binding_of(context);
  return {context, count, values, *binding.session, *binding.function};
}

void call_scalar(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  Call call = call_of(context, count, values);
  const Function& function = call.function();
  if (count < function.count_min || (function.count_max != kAnyCount && count > function.count_max)) {
    return call.fail(1582, std::string("Incorrect parameter count in the call to native function '") +
                               function.name + "'");
  }
  if ((function.flags & kNullIn) != 0 && call.any_null()) return;
  function.call(call);
}

using State = std::unique_ptr<Aggregate>;

// SQLite gives zeroed memory for the group; a null unique_ptr is all zeros where this runs, but is made
// properly anyway.
Aggregate* state_of(sqlite3_context* context) {
  auto memory = static_cast<void**>(sqlite3_aggregate_context(context, sizeof(void*)));
  if (memory == nullptr) return nullptr;
  if (*memory == nullptr) *memory = binding_of(context).function->aggregate().release();
  return static_cast<Aggregate*>(*memory);
}

void call_step(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  Aggregate* state = state_of(context);
  if (state == nullptr) return sqlite3_result_error_nomem(context);
  state->add(call_of(context, count, values));
}

void call_inverse(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  if (Aggregate* state = state_of(context)) state->remove(call_of(context, count, values));
}

void call_value(sqlite3_context* context) noexcept {
  Call call = call_of(context, 0, nullptr);
  auto memory = static_cast<void**>(sqlite3_aggregate_context(context, 0));
  if (memory != nullptr && *memory != nullptr) return static_cast<Aggregate*>(*memory)->result(call);
  binding_of(context).function->aggregate()->result(call);
}

void call_final(sqlite3_context* context) noexcept {
  call_value(context);
  auto memory = static_cast<void**>(sqlite3_aggregate_context(context, 0));
  if (memory != nullptr) State(static_cast<Aggregate*>(*memory)).reset();
}

void drop_binding(void* binding) noexcept {
  delete static_cast<Binding*>(binding);
}

// A function of few counts is registered for each, as SQLite prefers its own function of an exact count to
// ours of any.
constexpr int kExactCountsMax = 6;

Status install_function(sqlite3* connection, const Function& function, Session& session) {
  int flags = SQLITE_UTF8 | SQLITE_INNOCUOUS;
  // Subtypes and session values stay as they are within a statement, which is what "deterministic" means
  // here.
  if ((function.flags & kVaries) == 0) flags |= SQLITE_DETERMINISTIC;
  bool any = function.count_max == kAnyCount || function.count_max - function.count_min > kExactCountsMax;
  int first = any ? -1 : function.count_min;
  int last = any ? -1 : function.count_max;
  for (int count = first; count <= last; ++count) {
    auto binding = std::make_unique<Binding>(Binding{&function, &session});
    // SQLite takes the binding, also when it fails.
    int code =
        function.call != nullptr
            ? sqlite3_create_function_v2(connection, function.name, count, flags, binding.release(),
                                         call_scalar, nullptr, nullptr, drop_binding)
            : sqlite3_create_window_function(connection, function.name, count, flags, binding.release(),
                                             call_step, call_final, call_value, call_inverse, drop_binding);
    if (code != SQLITE_OK) {
      return Error{ErrorCode::kInternal,
                   std::string("function ") + function.name + ": " + sqlite3_errmsg(connection)};
    }
  }
  return Ok{};
}

constexpr std::span<const Function> (*kGroups[])() = {
    comparison_functions,      arithmetic_functions,  bit_functions,        cast_functions,
    string_functions,          code_functions,        numeric_functions,    date_part_functions,
    date_arithmetic_functions, date_format_functions, aggregate_functions,  collecting_functions,
    json_read_functions,       json_write_functions,  json_about_functions, regexp_functions,
    crypto_functions,          information_functions, lock_functions,       address_functions,
    storing_functions,         timestamp_functions,   full_text_functions,  json_table_functions,
    lateral_functions,
};

}  // namespace

std::span<const std::span<const Function>> all_functions() {
  static const auto groups = [] {
    std::array<std::span<const Function>, std::size(kGroups)> made;
    for (size_t i = 0; i < made.size(); ++i) made[i] = kGroups[i]();
    return made;
  }();
  return groups;
}

Status install(sqlite3* connection, Session& session) {
  for (std::span<const Function> group : all_functions()) {
    for (const Function& function : group) TRY(install_function(connection, function, session));
  }
  TRY(install_full_text(connection));
  TRY(install_json_table(connection, session));
  TRY(install_lateral(connection));
  return install_collations(connection);
}

std::string reference_page() {
  std::string page =
      "# MySQL functions and collations\n\n"
      "Generated from the table of functions by `tests/unit/functions`; do not edit. Registered on a "
      "connection under these\n"
      "names. What is not listed is not there, to be refused by name (MySQL's error 1305). `coalesce`, "
      "`ifnull`, `count`,\n"
      "`min`, `max` and the ranking window functions are SQLite's own. `mysql_*` are what translated "
      "operators call\n"
      "(`names.h`).\n";
  std::string group;
  size_t count = 0;
  for (std::span<const Function> rows : all_functions()) {
    for (const Function& function : rows) {
      if (group != function.group) {
        group = function.group;
        page += "\n## " + group + "\n\n| name | arguments | what it does |\n|---|---|---|\n";
      }
      std::string counts = std::to_string(function.count_min);
      if (function.count_max == kAnyCount)
        counts += " or more";
      else if (function.count_max != function.count_min)
        counts += " to " + std::to_string(function.count_max);
      page += std::string("| `") + function.name + "` | " + counts + " | " + function.doc + " |\n";
      ++count;
    }
  }
  page += "\n## Collations\n\n| name | padding | what it does |\n|---|---|---|\n" + collation_rows();
  return page + "\n" + std::to_string(count) + " functions.\n";
}

}  // namespace murmel::functions
