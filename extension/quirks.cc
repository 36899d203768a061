#include "extension/quirks.h"

namespace murmel::extension {
namespace {

// Row (1, 5, default 7) of a table with a virtual generated column in the middle; c was added after the row.
constexpr char kSetUp[] =
    "CREATE TABLE t(a INTEGER PRIMARY KEY, v AS (a+100) VIRTUAL, b);"
    "INSERT INTO t(a,b) VALUES(1,5);";
constexpr char kAddColumn[] =
    "CREATE TABLE u(a INTEGER PRIMARY KEY); INSERT INTO u VALUES(1);"
    "ALTER TABLE u ADD COLUMN c DEFAULT 7;";

struct Probe {
  const Host* host;
  int calls = 0;
  std::int64_t slot1 = -1;  // old value in slot 1
};

// Only slots that hold stored columns in every version may be read: in a DELETE of t, slot 1 is b where
// virtual columns are not counted, and v's place (NULL or garbage, never touched there) where they are. So
// the probe asks for a number and treats anything but 5 as "counted".
void on_delete(void* argument, sqlite3* db, int, const char*, const char*, sqlite3_int64,
               sqlite3_int64) noexcept {
  auto* probe = static_cast<Probe*>(argument);
  sqlite3_value* value = nullptr;
  probe->calls++;
  if (probe->host->preupdate_old(db, 1, &value) != SQLITE_OK || value == nullptr) return;
  if (sqlite3_value_type(value) == SQLITE_INTEGER) probe->slot1 = sqlite3_value_int64(value);
}

}  // namespace

Quirks probe_quirks(const Host& host) noexcept {
  Quirks quirks;
  sqlite3* db = nullptr;
  if (!host.has_preupdate()) return quirks;
  if (sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr) == SQLITE_OK &&
      sqlite3_exec(db, kSetUp, nullptr, nullptr, nullptr) == SQLITE_OK &&
      sqlite3_exec(db, kAddColumn, nullptr, nullptr, nullptr) == SQLITE_OK) {
    Probe generated{&host};
    host.preupdate_hook(db, on_delete, &generated);
    const bool deleted = sqlite3_exec(db, "DELETE FROM t", nullptr, nullptr, nullptr) == SQLITE_OK;
    Probe added{&host};
    host.preupdate_hook(db, on_delete, &added);
    const bool deleted_too = sqlite3_exec(db, "DELETE FROM u", nullptr, nullptr, nullptr) == SQLITE_OK;
    host.preupdate_hook(db, nullptr, nullptr);
    quirks.usable = deleted && deleted_too && generated.calls == 1 && added.calls == 1;
    quirks.slots_count_virtual = generated.slot1 != 5;
    quirks.old_lacks_defaults = added.slot1 != 7;
  }
  sqlite3_close(db);
  return quirks;
}

}  // namespace murmel::extension
