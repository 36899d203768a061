#include "extension/schema_history.h"

#include "extension/statement.h"

namespace murmel::extension {

int note_schema_change(sqlite3* db, const char* schema, std::int64_t origin, std::int64_t hlc,
                       std::int64_t seq, Fault& fault) noexcept {
  Statement statement;
  int rc = statement.prepare(
      db, fault, 0, "SELECT 1 FROM \"%w\".sqlite_master WHERE name='__murmel_schema_history'", schema);
  if (rc == SQLITE_OK) rc = statement.step(fault);
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_OK : rc;
  statement.finalize();
  rc = statement.prepare(
      db, fault, 0, "INSERT OR REPLACE INTO \"%w\".__murmel_schema_history(origin,hlc,seq) VALUES(?1,?2,?3)",
      schema);
  if (rc != SQLITE_OK) return rc;
  statement.bind(1, origin);
  statement.bind(2, hlc);
  statement.bind(3, seq);
  return statement.run(fault);
}

}  // namespace murmel::extension
