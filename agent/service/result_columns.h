// Columns of a SQLite result as MySQL describes them: type, length, flags, from what the table declares; of
// an expression, from the value in the first row. Pure but for reading the statement; the statement's thread.
#pragma once

#include <string>
#include <vector>

#include "agent/mysql/values.h"
#include "agent/store/client_database.h"

namespace murmel::service {

// `on_row`: the statement stands on its first row.
std::vector<mysql::Column> result_columns(const store::ClientStatement& statement,
                                          const std::string& database, bool on_row);

// "VARCHAR(20)", "INT UNSIGNED", ... into type, length, decimals, flags and collation of `column`. False: no
// type of MySQL; the column stays as it is.
bool declare(std::string_view declared, mysql::Column* column);

}  // namespace murmel::service
