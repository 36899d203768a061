#include "agent/accounts/accounts.h"

#include <algorithm>
#include <tuple>

namespace murmel::accounts {
namespace {

// Among rows there is a root who can make others what they need.
bool has_full_root(const Rows& rows) {
  return std::any_of(rows.users.begin(), rows.users.end(), [&](const auto& user) {
    const AccountId& id = user.first;
    return id.user == kRoot && granted_at(rows, id, {}, {})
                                   .has_all(PrivilegeSet(Privilege::kCreateUser) | Privilege::kGrantOption);
  });
}

}  // namespace

Accounts::Accounts(Rows rows, Bootstrap bootstrap)
    : rows_(std::move(rows)), bootstrap_(std::move(bootstrap)), bootstrapped_(!has_full_root(rows_)) {
  bootstrap_user_.verifier = bootstrap_.verifier;
  for (const auto& [id, user] : rows_.users) rights_[id];
  for (const GrantRow& row : rows_.grants) {
    const auto found = rights_.find(row.account);
    if (found == rights_.end()) continue;  // its user was dropped elsewhere at the same time
    Rights& rights = found->second;
    switch (level_of(row.database, row.table)) {
      case Level::kGlobal: rights.global |= row.privilege; break;
      case Level::kDatabase:
        if (rights.databases.empty() || rights.databases.back().first != row.database) {
          rights.databases.emplace_back(row.database, PrivilegeSet());
        }
        rights.databases.back().second |= row.privilege;
        break;
      case Level::kTable: rights.tables[{row.database, row.table}] |= row.privilege; break;
    }
  }
  if (bootstrapped_) rights_[bootstrap_.id()].global = grantable(Level::kGlobal);
  for (auto& [id, rights] : rights_) {
    candidates_.push_back(id);
    std::stable_sort(rights.databases.begin(), rights.databases.end(), [](const auto& a, const auto& b) {
      return database_rank(a.first) > database_rank(b.first);
    });
  }
  std::stable_sort(candidates_.begin(), candidates_.end(), [](const AccountId& a, const AccountId& b) {
    return std::make_tuple(host_rank(a.host), !a.user.empty()) >
           std::make_tuple(host_rank(b.host), !b.user.empty());
  });
}

std::optional<Login> Accounts::login(std::string_view user, const Peer& peer) const {
  for (const AccountId& id : candidates_) {
    if ((!id.user.empty() && id.user != user) || !host_matches(id.host, peer)) continue;
    const bool of_configuration = bootstrapped_ && id == bootstrap_.id();
    if (of_configuration && bootstrap_.verifier.empty() && !bootstrap_.loopback) return std::nullopt;
    return Login{id, *this->user(id)};
  }
  return std::nullopt;
}

bool Accounts::exists(const AccountId& id) const {
  return rights_.contains(id);
}

const UserRow* Accounts::user(const AccountId& id) const {
  if (bootstrapped_ && id == bootstrap_.id()) return &bootstrap_user_;
  const auto found = rows_.users.find(id);
  return found == rows_.users.end() ? nullptr : &found->second;
}

const Accounts::Rights* Accounts::rights(const AccountId& id) const {
  const auto found = rights_.find(id);
  return found == rights_.end() ? nullptr : &found->second;
}

PrivilegeSet Accounts::global(const AccountId& id) const {
  const Rights* held = rights(id);
  return held == nullptr ? PrivilegeSet() : held->global;
}

PrivilegeSet Accounts::on_database(const AccountId& id, const std::string& database) const {
  const Rights* held = rights(id);
  if (held == nullptr) return {};
  for (const auto& [pattern, set] : held->databases) {
    if (wild_match(pattern, database)) return held->global | set;
  }
  return held->global;
}

PrivilegeSet Accounts::on_table(const AccountId& id, const std::string& database,
                                const std::string& table) const {
  const Rights* held = rights(id);
  if (held == nullptr) return {};
  PrivilegeSet set = on_database(id, database);
  const auto found = held->tables.find({database, table});
  if (found != held->tables.end()) set |= found->second;
  return set;
}

bool Accounts::sees_database(const AccountId& id, const std::string& database) const {
  if (!(on_database(id, database) & grantable(Level::kDatabase)).empty()) return true;
  const Rights* held = rights(id);
  if (held == nullptr) return false;
  const auto first = held->tables.lower_bound({database, std::string()});
  return first != held->tables.end() && first->first.first == database;
}

}  // namespace murmel::accounts
