// Hooks and sessions that an application sets on its own connection. Each call is a line of the transcript.
#pragma once

#include <string>

#include "tests/capture/application.h"

namespace murmel::capture_test {

// update | commit | commit_refuse | rollback | wal | preupdate | trace | authorizer (denies tables it does
// not know). False: no such hook. A preupdate hook that this SQLite does not have is noted and skipped.
bool install_hook(Connection& connection, const std::string& name);

// "*": every table.
void start_session(Connection& connection, const std::string& table);
// Writes the changeset's size and hash down and deletes the session.
void end_session(Connection& connection);

}  // namespace murmel::capture_test
