// Installing the hooks of one connection.
#pragma once

#include "extension/connection.h"

namespace murmel::extension {

// Preupdate hook and commit hook; where the host has no preupdate hook, triggers (see trigger_mode.h).
int install_hooks(Connection& connection, Fault& fault) noexcept;

}  // namespace murmel::extension
