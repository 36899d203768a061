// The accounts of MySQL clients as tables of a replicated database (kAccountsName): reading all rows, and
// writing what a statement changed. The tables are made by the first statement that needs them. A privilege
// that this version does not know is left as it is. For the thread that owns the connection.
//
//   users   user, host, plugin, verifier (agent/mysql/passwords.h), locked
//   grants  user, host, db ('' all, or a pattern), tbl ('' all), privilege (MySQL's word)
//   required_tls  user, host: REQUIRE SSL; made by the first statement that needs it
//   collations  db, collation: ALTER DATABASE; made by the first statement that needs it
#pragma once

#include "agent/accounts/rows.h"
#include "agent/store/client_database.h"

namespace murmel::service {

struct AccountTables {
  accounts::Rows rows;
  bool made = false;  // or nobody has made an account yet
  bool collations_made = false;
  bool tls_made = false;
};

store::ClientResult<AccountTables> read_accounts(store::ClientDatabase& database);

// Within the transaction that has read `before`.
store::ClientResult<std::monostate> write_accounts(store::ClientDatabase& database,
                                                   const AccountTables& before, const accounts::Rows& after);

}  // namespace murmel::service
