// Whether a statement failed because a row with an equal UNIQUE or primary key is in the way.
#pragma once

#include "agent/base/result.h"

namespace murmel::store {

class Connection;

// To be asked right after the failure, before anything else runs on the connection.
bool is_uniqueness_error(const Connection& connection, const Error& error);

}  // namespace murmel::store
