// murmel_status(): what an operator asks first when a row does not arrive.
#pragma once

#include "extension/connection.h"

namespace murmel::extension {

// JSON object in memory of sqlite3_malloc, or nullptr when memory ran out:
// {"version","sqlite","capture":"hook"|"trigger","preupdate_found_by","databases":[{"name","enabled","mode",
//  "out_of_band","not_captured":[{"table","why"}]}]}
char* status_json(const Connection& connection) noexcept;

}  // namespace murmel::extension
