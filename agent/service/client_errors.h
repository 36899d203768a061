// What SQLite and capture say -> what MySQL would say. The one place where these are translated. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/mysql/errors.h"
#include "agent/sql/catalog.h"
#include "agent/store/client_database.h"

namespace murmel::service {

// `database`: the current one.
mysql::ClientError client_error(const store::ClientFault& fault, const std::string& database);

mysql::ClientError database_exists(const std::string& name);      // 1007
mysql::ClientError no_database_to_drop(const std::string& name);  // 1008

// A UNIQUE key that would be there twice.
struct Collision {
  std::string table;
  std::vector<std::string> columns;
  std::string index;  // SQLite's name, in place of the columns, where they are expressions
  bool is(const sql::IndexInfo& key) const;
};
std::optional<Collision> duplicate_key(const store::ClientFault& fault);

}  // namespace murmel::service
