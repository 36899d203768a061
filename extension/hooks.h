// Installing the hooks of one connection.
#pragma once

#include "extension/connection.h"

namespace murmel::extension {

// Preupdate hook (if the host has one) and commit hook. SQLITE_OK or an SQLite code.
int install_hooks(Connection& connection) noexcept;

}  // namespace murmel::extension
