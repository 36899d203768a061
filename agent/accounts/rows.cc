#include "agent/accounts/rows.h"

namespace murmel::accounts {

std::string quoted(const AccountId& id) {
  return "'" + id.user + "'@'" + id.host + "'";
}

PrivilegeSet granted_at(const Rows& rows, const AccountId& account, const std::string& database,
                        const std::string& table) {
  PrivilegeSet set;
  const GrantRow first{account, database, table, static_cast<Privilege>(0)};
  for (auto row = rows.grants.lower_bound(first); row != rows.grants.end(); ++row) {
    if (row->account != account || row->database != database || row->table != table) break;
    set |= row->privilege;
  }
  return set;
}

}  // namespace murmel::accounts
