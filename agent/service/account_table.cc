#include "agent/service/account_table.h"

#include <string>
#include <utility>
#include <vector>

#include "agent/service/system_write.h"

namespace murmel::service {
namespace {

constexpr char kTables[] = R"(
CREATE TABLE users (
  user TEXT NOT NULL, host TEXT NOT NULL, plugin TEXT NOT NULL, verifier TEXT NOT NULL, locked INTEGER NOT NULL,
  PRIMARY KEY (user, host)) WITHOUT ROWID;
CREATE TABLE grants (
  user TEXT NOT NULL, host TEXT NOT NULL, db TEXT NOT NULL, tbl TEXT NOT NULL, privilege TEXT NOT NULL,
  PRIMARY KEY (user, host, db, tbl, privilege)) WITHOUT ROWID;)";
constexpr char kCollations[] =
    "CREATE TABLE collations (db TEXT NOT NULL PRIMARY KEY, collation TEXT NOT NULL) WITHOUT ROWID";
constexpr char kReadCollations[] = "SELECT db, collation FROM collations";
constexpr char kWriteCollation[] = "REPLACE INTO collations (db, collation) VALUES (?, ?)";
constexpr char kDeleteCollation[] = "DELETE FROM collations WHERE db = ?";
constexpr char kRequiredTls[] =
    "CREATE TABLE required_tls (user TEXT NOT NULL, host TEXT NOT NULL, PRIMARY KEY (user, host)) WITHOUT "
    "ROWID";
constexpr char kReadRequiredTls[] = "SELECT user, host FROM required_tls";
constexpr char kRequireTls[] = "REPLACE INTO required_tls (user, host) VALUES (?, ?)";
constexpr char kReleaseTls[] = "DELETE FROM required_tls WHERE user = ? AND host = ?";
constexpr char kReadUsers[] = "SELECT user, host, plugin, verifier, locked FROM users";
constexpr char kReadGrants[] = "SELECT user, host, db, tbl, privilege FROM grants";
constexpr char kWriteUser[] =
    "REPLACE INTO users (user, host, plugin, verifier, locked) VALUES (?, ?, ?, ?, ?)";
constexpr char kDeleteUser[] = "DELETE FROM users WHERE user = ? AND host = ?";
constexpr char kWriteGrant[] = "REPLACE INTO grants (user, host, db, tbl, privilege) VALUES (?, ?, ?, ?, ?)";
constexpr char kDeleteGrant[] =
    "DELETE FROM grants WHERE user = ? AND host = ? AND db = ? AND tbl = ? AND privilege = ?";

Written write_users(ClientDatabase& database, const accounts::Rows& before, const accounts::Rows& after) {
  for (const auto& [id, user] : after.users) {
    const auto old = before.users.find(id);
    if (old != before.users.end() && old->second == user) continue;
    auto done = run_with(database, kWriteUser,
                         {std::string_view(id.user), std::string_view(id.host), std::string_view(user.plugin),
                          std::string_view(user.verifier), std::int64_t{user.locked}});
    if (!done.ok()) return done;
  }
  for (const auto& [id, user] : before.users) {
    if (after.users.contains(id)) continue;
    auto done = run_with(database, kDeleteUser, {std::string_view(id.user), std::string_view(id.host)});
    if (!done.ok()) return done;
  }
  return kWritten;
}

// Each that is in `rows` and not in `others`.
Written write_grants(ClientDatabase& database, const char* sql, const std::set<accounts::GrantRow>& rows,
                     const std::set<accounts::GrantRow>& others) {
  for (const accounts::GrantRow& row : rows) {
    if (others.contains(row)) continue;
    auto done = run_with(database, sql,
                         {std::string_view(row.account.user), std::string_view(row.account.host),
                          std::string_view(row.database), std::string_view(row.table),
                          std::string_view(accounts::privilege_name(row.privilege))});
    if (!done.ok()) return done;
  }
  return kWritten;
}

Written write_collations(ClientDatabase& database, const AccountTables& before, const accounts::Rows& after) {
  if (before.rows.collations == after.collations) return kWritten;
  if (!before.collations_made) {
    auto made = database.run(kCollations);
    if (!made.ok()) return made;
  }
  for (const auto& [name, collation] : after.collations) {
    auto done = run_with(database, kWriteCollation, {std::string_view(name), std::string_view(collation)});
    if (!done.ok()) return done;
  }
  for (const auto& [name, collation] : before.rows.collations) {
    if (after.collations.contains(name)) continue;
    auto done = run_with(database, kDeleteCollation, {std::string_view(name)});
    if (!done.ok()) return done;
  }
  return kWritten;
}

Written write_required_tls(ClientDatabase& database, const AccountTables& before,
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
    auto done = run_with(database, kRequireTls, {std::string_view(id.user), std::string_view(id.host)});
    if (!done.ok()) return done;
  }
  for (const auto& [id, user] : before.rows.users) {
    if (!user.tls || requires_tls(after, id)) continue;
    auto done = run_with(database, kReleaseTls, {std::string_view(id.user), std::string_view(id.host)});
    if (!done.ok()) return done;
  }
  return kWritten;
}

// After the users.
Written read_required_tls(ClientDatabase& database, AccountTables* tables) {
  const auto made = has_table(database, "required_tls");
  if (!made.ok()) return made.error();
  tables->tls_made = *made;
  if (!*made) return kWritten;
  return each_row(database, kReadRequiredTls, {}, [&](const ClientStatement& row) {
    const auto user = tables->rows.users.find({text_at(row, 0), text_at(row, 1)});
    if (user != tables->rows.users.end()) user->second.tls = true;
  });
}

Written read_collations(ClientDatabase& database, AccountTables* tables) {
  const auto made = has_table(database, "collations");
  if (!made.ok()) return made.error();
  tables->collations_made = *made;
  if (!*made) return kWritten;
  return each_row(database, kReadCollations, {}, [&](const ClientStatement& row) {
    tables->rows.collations[text_at(row, 0)] = text_at(row, 1);
  });
}

}  // namespace

store::ClientResult<AccountTables> read_accounts(ClientDatabase& database) {
  AccountTables tables;
  auto collations = read_collations(database, &tables);
  if (!collations.ok()) return collations.error();
  for (const char* const table : {"users", "grants"}) {
    const auto made = has_table(database, table);
    if (!made.ok()) return made.error();
    if (!*made) return tables;
  }
  tables.made = true;
  auto done = each_row(database, kReadUsers, {}, [&](const ClientStatement& row) {
    tables.rows.users[{text_at(row, 0), text_at(row, 1)}] = {text_at(row, 2), text_at(row, 3),
                                                             number_at(row, 4) != 0};
  });
  if (done.ok()) done = read_required_tls(database, &tables);
  if (!done.ok()) return done.error();
  done = each_row(database, kReadGrants, {}, [&](const ClientStatement& row) {
    const auto privilege = accounts::privilege_named(text_at(row, 4));
    if (!privilege.has_value()) return;
    tables.rows.grants.insert(
        {{text_at(row, 0), text_at(row, 1)}, text_at(row, 2), text_at(row, 3), *privilege});
  });
  if (!done.ok()) return done.error();
  return tables;
}

Written write_accounts(ClientDatabase& database, const AccountTables& before, const accounts::Rows& after) {
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
