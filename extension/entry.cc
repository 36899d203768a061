// Entry point of the loadable library: the one exported symbol. Runs once per connection that loads it, also
// through sqlite3_auto_extension. Nothing here reads the database.
#include <dlfcn.h>
#include <pthread.h>
#include <atomic>

#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

#include "extension/functions.h"
#include "extension/quorum_functions.h"
#include "extension/registry.h"
#include "extension/trigger_mode.h"
#include "extension/vtables.h"

namespace murmel::extension {
namespace {

// What was found out about the host's SQLite, once per process.
struct Process {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  bool probed = false;
  const sqlite3_api_routines* api = nullptr;
  Host host;
  Quirks quirks;
  HookSlots slots;
  ChangeCountSlots counts;
};
Process process;

// The probe opens a connection of its own, for which sqlite3_auto_extension may call us again.
thread_local bool probing = false;

void probe_connection_object() {
  sqlite3* scratch = nullptr;
  if (sqlite3_open_v2(":memory:", &scratch, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK) {
    process.slots = find_hook_slots(scratch, process.host);
    process.counts = find_change_counts(scratch);
  }
  sqlite3_close(scratch);
}

// Keeps the library in the process when the last connection that loaded it is closed, so that the next one
// need not find everything out again. (SQLITE_OK_LOAD_PERMANENTLY would be an error to
// sqlite3_auto_extension.)
void stay_loaded() {
  Dl_info self{};
  if (dladdr(&process, &self) == 0 || self.dli_fname == nullptr) return;
  // The handle is given back at once; the flag stays. Without it loading only takes longer.
  void* handle = dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
  if (handle != nullptr) dlclose(handle);
}

void probe() {
  pthread_mutex_lock(&process.mutex);
  if (!process.probed) {
    probing = true;
    stay_loaded();
    process.host = find_host();
    process.quirks = probe_quirks(process.host);
    probe_connection_object();
    process.probed = true;
    probing = false;
  }
  pthread_mutex_unlock(&process.mutex);
}

int begin_on_load(Connection& connection, Fault& fault) {
  connection.set_busy(true);
  const int rc = begin_trigger_mode(connection, "main", fault);
  connection.set_busy(false);
  return rc;
}

int load(sqlite3* db, char** error) {
  if (probing || find_connection(db) != nullptr) return SQLITE_OK;
  probe();
  auto* connection = create<Connection>(db, process.host, process.quirks, process.slots, process.counts);
  if (connection == nullptr) return SQLITE_NOMEM;
  Fault fault;
  int rc = register_vtables(db, connection);
  if (rc == SQLITE_OK) rc = register_functions(db, connection);
  if (rc == SQLITE_OK) rc = register_quorum_functions(db, connection);
  if (rc == SQLITE_OK) rc = connection->hooks().install(connection->captures_by_hook(), fault);
  if (rc == SQLITE_OK && !connection->captures_by_hook()) rc = begin_on_load(*connection, fault);
  if (rc != SQLITE_OK) *error = sqlite3_mprintf("%s", fault.set() ? fault.text : sqlite3_errmsg(db));
  return rc;
}

}  // namespace
}  // namespace murmel::extension

// The functions of one SQLite library are kept in a global, so a second one in the same process (a statically
// linked one beside libsqlite3.so, say) can't use the library too.
extern "C" __attribute__((visibility("default"))) int sqlite3_murmel_init(sqlite3* db, char** error,
                                                                          const sqlite3_api_routines* api) {
  static std::atomic<const sqlite3_api_routines*> first{nullptr};
  const sqlite3_api_routines* expected = nullptr;
  if (!first.compare_exchange_strong(expected, api) && expected != api) {
    *error = api->mprintf("murmel: this process has already loaded it into another copy of SQLite");
    return SQLITE_ERROR;
  }
  SQLITE_EXTENSION_INIT2(api);
  return murmel::extension::load(db, error);
}
