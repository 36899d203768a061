#include "agent/service/account_table.h"

#include <string>
#include <utility>
#include <vector>

namespace murmel::service {
namespace {

using store::ClientDatabase;
using store::ClientStatement;
using store::ClientValue;

constexpr char kTables[] = R"(
CREATE TABLE users (
  user TEXT NOT NULL, host TEXT NOT NULL, plugin TEXT NOT NULL, verifier TEXT NOT NULL, locked INTEGER NOT NULL,
  PRIMARY KEY (user, host)) WITHOUT ROWID;
CREATE TABLE grants (
  user TEXT NOT NULL, host TEXT NOT NULL, db TEXT NOT NULL, tbl TEXT NOT NULL, privilege TEXT NOT NULL,
  PRIMARY KEY (user, host, db, tbl, privilege)) WITHOUT ROWID;)";
constexpr char kCollations[] =
    "CREATE TABLE collations (db TEXT NOT NULL PRIMARY KEY, collation TEXT NOT NULL) WITHOUT ROWID";
constexpr char kCollationsMade[] = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'collations'";
constexpr char kReadCollations[] = "SELECT db, collation FROM collations";
constexpr char kWriteCollation[] = "REPLACE INTO collations (db, collation) VALUES (?, ?)";
constexpr char kDeleteCollation[] = "DELETE FROM collations WHERE db = ?";
constexpr char kRequiredTls[] =
    "CREATE TABLE required_tls (user TEXT NOT NULL, host TEXT NOT NULL, PRIMARY KEY (user, host)) WITHOUT "
    "ROWID";
constexpr char kRequiredTlsMade[] =
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'required_tls'";
constexpr char kReadRequiredTls[] = "SELECT user, host FROM required_tls";
constexpr char kRequireTls[] = "REPLACE INTO required_tls (user, host) VALUES (?, ?)";
constexpr char kReleaseTls[] = "DELETE FROM required_tls WHERE user = ? AND host = ?";
constexpr char kTablesMade[] =
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name IN ('users', 'grants')";
constexpr char kReadUsers[] = "SELECT user, host, plugin, verifier, locked FROM users";
constexpr char kReadGrants[] = "SELECT user, host, db, tbl, privilege FROM grants";
constexpr char kWriteUser[] =
    "REPLACE INTO users (user, host, plugin, verifier, locked) VALUES (?, ?, ?, ?, ?)";
constexpr char kDeleteUser[] = "DELETE FROM users WHERE user = ? AND host = ?";
constexpr char kWriteGrant[] = "REPLACE INTO grants (user, host, db, tbl, privilege) VALUES (?, ?, ?, ?, ?)";
constexpr char kDeleteGrant[] =
    "DELETE FROM grants WHERE user = ? AND host = ? AND db = ? AND tbl = ? AND privilege = ?";

using Outcome = store::ClientResult<std::monostate>;
constexpr std::monostate kDone;

std::string text(const ClientStatement& statement, int column) {
  const ClientValue value = statement.value(column);
  const auto* held = std::get_if<std::string_view>(&value);
  return held == nullptr ? std::string() : std::string(*held);
}

// Calls `take` on each row.
template <typename Take>
Outcome each_row(ClientDatabase& database, std::string_view sql, Take take) {
  std::string_view rest;
  auto statement = database.prepare(sql, &rest);
  if (!statement.ok()) return statement.error();
  while (true) {
    auto row = statement->step();
    if (!row.ok()) return row.error();
    if (!*row) return kDone;
    take(*statement);
  }
}

Outcome run(ClientDatabase& database, std::string_view sql, const std::vector<ClientValue>& values) {
  std::string_view rest;
  auto statement = database.prepare(sql, &rest);
  if (!statement.ok()) return statement.error();
  for (std::size_t i = 0; i < values.size(); ++i) statement->bind(static_cast<int>(i), values[i]);
  auto row = statement->step();
  if (!row.ok()) return row.error();
  return kDone;
}

Outcome write_users(ClientDatabase& database, const accounts::Rows& before, const accounts::Rows& after) {
  for (const auto& [id, user] : after.users) {
    const auto old = before.users.find(id);
    if (old != before.users.end() && old->second == user) continue;
    auto done = run(database, kWriteUser,
                    {std::string_view(id.user), std::string_view(id.host), std::string_view(user.plugin),
                     std::string_view(user.verifier), std::int64_t{user.locked}});
    if (!done.ok()) return done;
  }
  for (const auto& [id, user] : before.users) {
    if (after.users.contains(id)) continue;
    auto done = run(database, kDeleteUser, {std::string_view(id.user), std::string_view(id.host)});
    if (!done.ok()) return done;
  }
  return kDone;
}

// Each that is in `rows` and not in `others`.
Outcome write_grants(ClientDatabase& database, const char* sql, const std::set<accounts::GrantRow>& rows,
                     const std::set<accounts::GrantRow>& others) {
  for (const accounts::GrantRow& row : rows) {
    if (others.contains(row)) continue;
    auto done = run(database, sql,
                    {std::string_view(row.account.user), std::string_view(row.account.host),
                     std::string_view(row.database), std::string_view(row.table),
                     std::string_view(accounts::privilege_name(row.privilege))});
    if (!done.ok()) return done;
  }
  return kDone;
}

Outcome write_collations(ClientDatabase& database, const AccountTables& before, const accounts::Rows& after) {
  if (before.rows.collations == after.collations) return kDone;
  if (!before.collations_made) {
    auto made = database.run(kCollations);
    if (!made.ok()) return made;
  }
  for (const auto& [name, collation] : after.collations) {
    auto done = run(database, kWriteCollation, {std::string_view(name), std::string_view(collation)});
    if (!done.ok()) return done;
  }
  for (const auto& [name, collation] : before.rows.collations) {
    if (after.collations.contains(name)) continue;
    auto done = run(database, kDeleteCollation, {std::string_view(name)});
    if (!done.ok()) return done;
  }
  return kDone;
}

Outcome write_required_tls(ClientDatabase& database, const AccountTables& before,
                           const accounts::Rows& after) {
  const auto requires_tls = [](const accounts::Rows& rows, const accounts::AccountId& id) {
    const auto user = rows.users.find(id);
    return user != rows.users.end() && user->second.tls;
  };
  bool made = before.tls_made;
  for (const auto& [id, user] : after.users) {
    if (!user.tls || requires_tls(before.rows, id)) continue;
    if (!std::exchange(made, true)) {
      auto done = database.run(kRequiredTls);
      if (!done.ok()) return done;
    }
    auto done = run(database, kRequireTls, {std::string_view(id.user), std::string_view(id.host)});
    if (!done.ok()) return done;
  }
  for (const auto& [id, user] : before.rows.users) {
    if (!user.tls || requires_tls(after, id)) continue;
    auto done = run(database, kReleaseTls, {std::string_view(id.user), std::string_view(id.host)});
    if (!done.ok()) return done;
  }
  return kDone;
}

// After the users.
Outcome read_required_tls(ClientDatabase& database, AccountTables* tables) {
  auto done = each_row(database, kRequiredTlsMade, [&](const ClientStatement&) { tables->tls_made = true; });
  if (!done.ok() || !tables->tls_made) return done;
  return each_row(database, kReadRequiredTls, [&](const ClientStatement& row) {
    const auto user = tables->rows.users.find({text(row, 0), text(row, 1)});
    if (user != tables->rows.users.end()) user->second.tls = true;
  });
}

Outcome read_collations(ClientDatabase& database, AccountTables* tables) {
  auto done =
      each_row(database, kCollationsMade, [&](const ClientStatement&) { tables->collations_made = true; });
  if (!done.ok() || !tables->collations_made) return done;
  return each_row(database, kReadCollations,
                  [&](const ClientStatement& row) { tables->rows.collations[text(row, 0)] = text(row, 1); });
}

}  // namespace

store::ClientResult<AccountTables> read_accounts(ClientDatabase& database) {
  AccountTables tables;
  int made = 0;
  auto collations = read_collations(database, &tables);
  if (!collations.ok()) return collations.error();
  auto done = each_row(database, kTablesMade, [&](const ClientStatement&) { ++made; });
  if (!done.ok()) return done.error();
  tables.made = made == 2;
  if (!tables.made) return tables;
  done = each_row(database, kReadUsers, [&](const ClientStatement& row) {
    const ClientValue locked = row.value(4);
    const auto* flag = std::get_if<std::int64_t>(&locked);
    tables.rows.users[{text(row, 0), text(row, 1)}] = {text(row, 2), text(row, 3),
                                                       flag != nullptr && *flag != 0};
  });
  if (done.ok()) done = read_required_tls(database, &tables);
  if (!done.ok()) return done.error();
  done = each_row(database, kReadGrants, [&](const ClientStatement& row) {
    const auto privilege = accounts::privilege_named(text(row, 4));
    if (!privilege.has_value()) return;
    tables.rows.grants.insert({{text(row, 0), text(row, 1)}, text(row, 2), text(row, 3), *privilege});
  });
  if (!done.ok()) return done.error();
  return tables;
}

Outcome write_accounts(ClientDatabase& database, const AccountTables& before, const accounts::Rows& after) {
  if (!before.made) {
    auto made = database.run(kTables);
    if (!made.ok()) return made;
  }
  auto done = write_users(database, before.rows, after);
  if (done.ok()) done = write_grants(database, kWriteGrant, after.grants, before.rows.grants);
  if (done.ok()) done = write_grants(database, kDeleteGrant, before.rows.grants, after.grants);
  if (done.ok()) done = write_required_tls(database, before, after);
  if (done.ok()) done = write_collations(database, before, after);
  return done;
}

}  // namespace murmel::service
