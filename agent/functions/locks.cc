// Locks by name, and functions that take time.
#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <vector>

#include "agent/functions/groups.h"

namespace murmel::functions {
namespace {

constexpr size_t kNameCharactersMax = 64;

// In lower case, as MySQL compares them; nothing, with an error, for what is no name.
std::optional<std::string> name_of(const Call& call) {
  std::string name = call.null(0) ? std::string("NULL") : call.text(0);
  const auto characters = std::count_if(name.begin(), name.end(), [](char c) { return (c & 0xc0) != 0x80; });
  if (call.null(0) || name.empty() || static_cast<size_t>(characters) > kNameCharactersMax) {
    call.fail(3057, "Incorrect user-level lock name '" + name + "'.");
    return std::nullopt;
  }
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return name;
}

void get_lock(const Call& call) {
  const auto name = name_of(call);
  if (!name) return;
  switch (call.session().lock_name(*name, call.null(1) ? 0 : call.real(1))) {
    case Session::LockOutcome::kGranted: return call.result(1);
    case Session::LockOutcome::kTimeout: return call.result(0);
    case Session::LockOutcome::kInterrupted: return;
    case Session::LockOutcome::kDeadlock:
      return call.fail(3058,
                       "Deadlock found when trying to get user-level lock; try rolling back "
                       "transaction/releasing locks and restarting lock acquisition.");
  }
}

void release_lock(const Call& call) {
  const auto name = name_of(call);
  if (!name) return;
  if (call.session().unlock_name(*name)) return call.result(1);
  if (call.session().name_owner(*name)) call.result(0);
}

void is_free_lock(const Call& call) {
  if (const auto name = name_of(call)) call.result(!call.session().name_owner(*name).has_value());
}

void is_used_lock(const Call& call) {
  const auto name = name_of(call);
  if (!name) return;
  if (const auto owner = call.session().name_owner(*name)) call.result(Value::of_unsigned(*owner));
}

void release_all_locks(const Call& call) {
  call.result(call.session().unlock_names());
}

void sleep(const Call& call) {
  const double seconds = call.null(0) ? -1 : call.real(0);
  if (seconds >= 0) return call.result(!call.session().sleep(seconds));
  if ((call.session().sql_mode() & kStrictTables) != 0)
    return call.fail(1210, "Incorrect arguments to sleep.");
  call.warn(1210, "Incorrect arguments to sleep.");
  call.result(0);
}

// What is timed by it is not: SQLite gives the value of the expression.
void benchmark(const Call& call) {
  if (call.null(0) || call.integer(0) < 0) {
    const std::string count = call.null(0) ? "NULL" : call.text(0);
    return call.warn(1411, "Incorrect count value: '" + count + "' for function benchmark");
  }
  call.result(0);
}

void row_free(const Call& call) {
  std::vector<sqlite3_value*> key;
  for (int i = 2; i < call.count(); ++i) key.push_back(call.raw(i));
  call.result(call.session().row_is_free(call.text(1), call.text(0) == "share", key));
}

constexpr const char* kLockGroup = "Locks and waiting";

constexpr Function kLockFunctions[] = {
    scalar("get_lock", 2, 2, kVaries, get_lock, kLockGroup,
           "takes a lock of this node by name, waiting for so many seconds: (name, seconds)"),
    scalar("release_lock", 1, 1, kVaries, release_lock, kLockGroup,
           "1: released; 0: not ours; NULL: there is none"),
    scalar("is_free_lock", 1, 1, kVaries, is_free_lock, kLockGroup, "whether nobody has it"),
    scalar("is_used_lock", 1, 1, kVaries, is_used_lock, kLockGroup, "the connection that has it, or NULL"),
    scalar("release_all_locks", 0, 0, kVaries, release_all_locks, kLockGroup, "how many were released"),
    scalar("mysql_row_free", 3, kAnyCount, kVaries, row_free, kLockGroup,
           "whether no other session has locked a row: ('update' or 'share', table, its primary key)"),
    scalar("sleep", 1, 1, kVaries, sleep, kLockGroup, "waits for so many seconds; 1: it was interrupted"),
    scalar("benchmark", 2, 2, kVaries, benchmark, kLockGroup, "0; the expression is evaluated once"),
};

}  // namespace

std::span<const Function> lock_functions() {
  return kLockFunctions;
}

}  // namespace murmel::functions
