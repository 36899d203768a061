// What SQLite and capture say -> what MySQL would say. The one place where these are translated. Pure.
#pragma once

#include "agent/mysql/errors.h"
#include "agent/store/client_database.h"

namespace murmel::service {

// `database`: the current one.
mysql::ClientError client_error(const store::ClientFault& fault, const std::string& database);

}  // namespace murmel::service
