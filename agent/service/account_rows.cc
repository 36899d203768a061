#include "agent/service/account_rows.h"

#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace murmel::service {
namespace {

using accounts::AccountId;
using accounts::Accounts;
using accounts::Privilege;
using accounts::PrivilegeSet;
using session::AccountTable;
using session::Cell;
using session::Rows;

constexpr std::monostate kNull;

constexpr Privilege kOfUsers[] = {
    Privilege::kSelect,
    Privilege::kInsert,
    Privilege::kUpdate,
    Privilege::kDelete,
    Privilege::kCreate,
    Privilege::kDrop,
    Privilege::kReload,
    Privilege::kShutdown,
    Privilege::kProcess,
    Privilege::kFile,
    Privilege::kGrantOption,
    Privilege::kReferences,
    Privilege::kIndex,
    Privilege::kAlter,
    Privilege::kShowDatabases,
    Privilege::kSuper,
    Privilege::kCreateTemporaryTables,
    Privilege::kLockTables,
    Privilege::kExecute,
    Privilege::kReplicationSlave,
    Privilege::kReplicationClient,
    Privilege::kCreateView,
    Privilege::kShowView,
    Privilege::kCreateRoutine,
    Privilege::kAlterRoutine,
    Privilege::kCreateUser,
    Privilege::kEvent,
    Privilege::kTrigger,
    Privilege::kCreateTablespace,
};
constexpr Privilege kOfDatabases[] = {
    Privilege::kSelect,
    Privilege::kInsert,
    Privilege::kUpdate,
    Privilege::kDelete,
    Privilege::kCreate,
    Privilege::kDrop,
    Privilege::kGrantOption,
    Privilege::kReferences,
    Privilege::kIndex,
    Privilege::kAlter,
    Privilege::kCreateTemporaryTables,
    Privilege::kLockTables,
    Privilege::kCreateView,
    Privilege::kShowView,
    Privilege::kCreateRoutine,
    Privilege::kAlterRoutine,
    Privilege::kExecute,
    Privilege::kEvent,
    Privilege::kTrigger,
};

Cell text(std::string value) {
  return Cell(std::move(value));
}
Cell yes(bool is) {
  return Cell(std::string(is ? "Y" : "N"));
}

// Those of the rows, and root of the configuration.
std::vector<AccountId> everybody(const Accounts& accounts) {
  std::vector<AccountId> ids;
  for (const auto& [id, user] : accounts.rows().users) ids.push_back(id);
  if (accounts.bootstrapped()) ids.push_back(accounts.bootstrap().id());
  return ids;
}

void users(const Accounts& accounts, Rows& rows) {
  for (const AccountId& id : everybody(accounts)) {
    const accounts::UserRow& user = *accounts.user(id);
    const PrivilegeSet held = accounts.global(id);
    std::vector<Cell> row = {text(id.host), text(id.user)};
    for (const Privilege one : kOfUsers) row.push_back(yes(held.has(one)));
    row.push_back(text(user.tls ? "ANY" : ""));
    for (int i = 0; i < 3; ++i) row.push_back(text(""));  // of certificates
    for (int i = 0; i < 4; ++i) row.emplace_back(std::int64_t{0});
    row.push_back(text(user.plugin));
    row.push_back(text(user.verifier));
    row.push_back(yes(false));
    row.emplace_back(kNull);
    row.emplace_back(kNull);
    row.push_back(yes(user.locked));
    row.push_back(yes(held.has(Privilege::kCreateUser)));
    row.push_back(yes(held.has(Privilege::kCreateUser)));
    for (int i = 0; i < 4; ++i) row.emplace_back(kNull);
    rows.push_back(std::move(row));
  }
}

// What was granted below *.*, place by place.
using Place = std::tuple<AccountId, std::string, std::string>;
std::map<Place, PrivilegeSet> grants_of(const Accounts& accounts) {
  std::map<Place, PrivilegeSet> grants;
  for (const accounts::GrantRow& row : accounts.rows().grants) {
    if (accounts.exists(row.account)) grants[{row.account, row.database, row.table}] |= row.privilege;
  }
  return grants;
}

void databases(const Accounts& accounts, Rows& rows) {
  for (const auto& [place, held] : grants_of(accounts)) {
    const auto& [id, database, table] = place;
    if (accounts::level_of(database, table) != accounts::Level::kDatabase) continue;
    std::vector<Cell> row = {text(id.host), text(database), text(id.user)};
    for (const Privilege one : kOfDatabases) row.push_back(yes(held.has(one)));
    rows.push_back(std::move(row));
  }
}

// "Select,Insert,Show view".
std::string set_of(PrivilegeSet held) {
  std::string list;
  for (int i = 0; i < accounts::kPrivileges; ++i) {
    const auto one = static_cast<Privilege>(i);
    if (!held.has(one)) continue;
    std::string name = one == Privilege::kGrantOption ? "GRANT" : accounts::privilege_name(one);
    for (std::size_t at = 1; at < name.size(); ++at)
      name[at] = name[at] >= 'A' && name[at] <= 'Z' ? static_cast<char>(name[at] + 32) : name[at];
    list += (list.empty() ? "" : ",") + name;
  }
  return list;
}

void tables(const Accounts& accounts, Rows& rows) {
  for (const auto& [place, held] : grants_of(accounts)) {
    const auto& [id, database, table] = place;
    if (table.empty()) continue;
    rows.push_back({text(id.host), text(database), text(id.user), text(table), text(""), kNull,
                    text(set_of(held)), text("")});
  }
}

// A row for each privilege; one that may do nothing there has USAGE.
void privileges(const AccountId& id, PrivilegeSet held, const std::vector<Cell>& place, Rows& rows) {
  const bool passes_on = held.has(Privilege::kGrantOption);
  held = held.without(Privilege::kGrantOption);
  const auto add = [&](const char* name) {
    std::vector<Cell> row = {text(accounts::quoted(id)), text("def")};
    row.insert(row.end(), place.begin(), place.end());
    row.push_back(text(name));
    row.push_back(text(passes_on ? "YES" : "NO"));
    rows.push_back(std::move(row));
  };
  if (held.empty()) return add("USAGE");
  for (int i = 0; i < accounts::kPrivileges; ++i) {
    const auto one = static_cast<Privilege>(i);
    if (held.has(one)) add(accounts::privilege_name(one));
  }
}

}  // namespace

Rows account_rows(const Accounts& accounts, AccountTable table, const AccountId& own, bool all) {
  Rows rows;
  switch (table) {
    case AccountTable::kUsers: users(accounts, rows); break;
    case AccountTable::kDatabases: databases(accounts, rows); break;
    case AccountTable::kTables: tables(accounts, rows); break;
    case AccountTable::kRoleEdges:
    case AccountTable::kDefaultRoles: break;
    case AccountTable::kUserPrivileges:
      for (const AccountId& id : everybody(accounts)) {
        if (all || id == own) privileges(id, accounts.global(id), {}, rows);
      }
      break;
    case AccountTable::kSchemaPrivileges:
    case AccountTable::kTablePrivileges:
      for (const auto& [place, held] : grants_of(accounts)) {
        const auto& [id, database, name] = place;
        const bool of_table = table == AccountTable::kTablePrivileges;
        if (database.empty() || name.empty() == of_table || (!all && id != own)) continue;
        std::vector<Cell> where = {text(database)};
        if (of_table) where.push_back(text(name));
        privileges(id, held, where, rows);
      }
      break;
  }
  return rows;
}

}  // namespace murmel::service
