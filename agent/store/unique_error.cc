#include "agent/store/unique_error.h"

#include <sqlite3.h>

#include "agent/store/connection.h"

namespace murmel::store {

bool is_uniqueness_error(const Connection& connection, const Error& error) {
  if (error.code != ErrorCode::kConflict) return false;
  const int code = sqlite3_extended_errcode(connection.handle());
  return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
         code == SQLITE_CONSTRAINT_ROWID;
}

}  // namespace murmel::store
