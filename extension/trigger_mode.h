// What a connection whose SQLite has no preupdate hook needs: the database's capture triggers, and a TEMP
// trigger that enlists this connection's transactions when they write.
#pragma once

#include "extension/connection.h"

namespace murmel::extension {

// For a database that has a log: sets its mode to 'trigger' if need be, and installs both kinds of triggers.
int begin_trigger_mode(Connection& connection, const char* schema, Fault& fault) noexcept;
// Removes the TEMP trigger.
int end_trigger_mode(Connection& connection, Fault& fault) noexcept;

}  // namespace murmel::extension
