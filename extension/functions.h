// SQL functions of the extension. Each takes the name of a database as optional argument ('main' without).
//   murmel_enable()   makes the database keep a log; 1 = now enabled (idempotent)
//   murmel_disable()  removes every trace; 1 = now disabled
//   murmel_status()   JSON: how this connection captures, and per database what is and is not captured
//   murmel_version()  text
#pragma once

#include "extension/connection.h"

namespace murmel::extension {

int register_functions(sqlite3* db, Connection* connection) noexcept;

}  // namespace murmel::extension
