#include "agent/accounts/change.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "agent/accounts/change_internal.h"
#include "agent/mysql/passwords.h"

namespace murmel::accounts {
namespace {

using What = sql::AccountCommand::What;

constexpr std::size_t kUserNameMax = 32;
constexpr std::size_t kHostNameMax = 255;
constexpr std::size_t kNativeHashSize = 41;
constexpr std::string_view kSha2Form = "$A$005$";
constexpr std::size_t kSha2HashSize = kSha2Form.size() + 20 + 43;

mysql::ClientError failed(std::string_view operation, const std::vector<AccountId>& ids) {
  std::string names;
  for (const AccountId& id : ids) names += (names.empty() ? "" : ",") + quoted(id);
  return {1396, "HY000", fmt::format("Operation {} failed for {}", operation, names)};
}

// Accounts that are there already, or are missing: an error, or notes if the statement says IF.
Refusal pass_over(Changing& changing, std::string_view operation, const std::vector<AccountId>& ids) {
  const sql::AccountCommand& command = changing.command;
  if (ids.empty()) return std::nullopt;
  if (!command.if_exists && !command.if_not_exists) return failed(operation, ids);
  const bool there = command.what == What::kCreateUser;
  for (const AccountId& id : ids) {
    changing.notes.push_back(
        {static_cast<std::uint16_t>(there ? 3163 : 3162),
         fmt::format("Authorization ID {} {}.", quoted(id), there ? "already exists" : "does not exist")});
  }
  return std::nullopt;
}

Refusal check_names(const AccountId& id) {
  const auto too_long = [](std::string_view text, const char* what, std::size_t most) {
    return mysql::ClientError{
        1470, "HY000",
        fmt::format("String '{}' is too long for {} (should be no longer than {})", text, what, most)};
  };
  if (id.user.size() > kUserNameMax) return too_long(id.user, "user name", kUserNameMax);
  if (id.host.size() > kHostNameMax) return too_long(id.host, "host name", kHostNameMax);
  return std::nullopt;
}

bool is_native_hash(std::string_view hash) {
  return hash.size() == kNativeHashSize && hash[0] == '*' &&
         std::all_of(hash.begin() + 1, hash.end(),
                     [](unsigned char c) { return std::isxdigit(c) != 0 && std::islower(c) == 0; });
}

// Puts what IDENTIFIED says into `user`. Errors: 1235, 1524, 1827.
Refusal identify(const sql::Account& account, const Author& author, UserRow* user) {
  const bool hashed = !account.password_hash.empty();
  if (!account.plugin.empty()) {
    if (account.plugin != kNativePlugin && account.plugin != kSha2Plugin) {
      return mysql::ClientError{1524, "HY000", fmt::format("Plugin '{}' is not loaded", account.plugin)};
    }
    user->plugin = account.plugin;
    user->verifier.clear();
  }
  const bool native = user->plugin == kNativePlugin;
  if (hashed) {
    const bool good = native ? is_native_hash(account.password_hash)
                             : account.password_hash.size() == kSha2HashSize &&
                                   account.password_hash.starts_with(kSha2Form);
    if (!good) {
      return mysql::ClientError{1827, "HY000", "The password hash doesn't have the expected format."};
    }
    user->verifier = account.password_hash;
  } else if (account.has_password) {
    user->verifier = native ? mysql::native_verifier(account.password)
                            : mysql::sha2_verifier(account.password, author.salt());
  }
  return std::nullopt;
}

bool identifies(const sql::Account& account) {
  return account.has_password || !account.password_hash.empty();
}

void restrict(const sql::AccountCommand& command, UserRow* user) {
  switch (command.lock) {
    case sql::AccountCommand::Lock::kAsIs: break;
    case sql::AccountCommand::Lock::kLock: user->locked = true; break;
    case sql::AccountCommand::Lock::kUnlock: user->locked = false; break;
  }
  switch (command.tls) {
    case sql::AccountCommand::Tls::kAsIs: break;
    case sql::AccountCommand::Tls::kNone: user->tls = false; break;
    case sql::AccountCommand::Tls::kRequired: user->tls = true; break;
  }
}

Refusal create_users(Changing& changing) {
  const sql::AccountCommand& command = changing.command;
  std::vector<AccountId> there;
  for (const sql::Account& account : command.accounts) {
    const AccountId id = account_named(account, changing.author.client);
    if (auto refusal = check_names(id)) return refusal;
    if (changing.accounts.exists(id) || changing.rows->users.contains(id)) {
      there.push_back(id);
      continue;
    }
    UserRow user;
    if (auto refusal = identify(account, changing.author, &user)) return refusal;
    restrict(command, &user);
    changing.rows->users[id] = user;
  }
  return pass_over(changing, "CREATE USER", there);
}

// Root of the configuration becomes a user of the table, with all its rights, when it gets a password.
void keep_root(Changing& changing, const AccountId& id) {
  changing.rows->users[id] = *changing.accounts.user(id);
  for (int i = 0; i < kPrivileges; ++i) {
    changing.rows->grants.insert({id, {}, {}, static_cast<Privilege>(i)});
  }
}

Refusal alter_user(Changing& changing, const sql::Account& account, const AccountId& id) {
  const bool of_configuration = changing.accounts.bootstrapped() && id == changing.accounts.bootstrap().id();
  if (of_configuration && !identifies(account)) {
    return mysql::not_supported("changing root of the configuration other than by giving it a password");
  }
  if (!account.plugin.empty() && !identifies(account)) {
    return mysql::not_supported("ALTER USER with a plugin and without a password");
  }
  if (of_configuration) keep_root(changing, id);
  UserRow& user = changing.rows->users[id];
  if (auto refusal = identify(account, changing.author, &user)) return refusal;
  restrict(changing.command, &user);
  return std::nullopt;
}

Refusal alter_users(Changing& changing) {
  const sql::AccountCommand& command = changing.command;
  std::vector<AccountId> missing;
  for (const sql::Account& account : command.accounts) {
    const AccountId id = account_named(account, changing.author.client);
    if (!changing.accounts.exists(id)) {
      missing.push_back(id);
      continue;
    }
    if (auto refusal = check_may_change(changing, id)) return refusal;
    if (auto refusal = alter_user(changing, account, id)) return refusal;
  }
  return pass_over(changing, "ALTER USER", missing);
}

void forget(const AccountId& id, Rows* rows) {
  rows->users.erase(id);
  std::erase_if(rows->grants, [&](const GrantRow& row) { return row.account == id; });
}

Refusal drop_users(Changing& changing) {
  const sql::AccountCommand& command = changing.command;
  std::vector<AccountId> missing;
  for (const sql::Account& account : command.accounts) {
    const AccountId id = account_named(account, changing.author.client);
    if (!changing.rows->users.contains(id)) {
      missing.push_back(id);
      continue;
    }
    if (auto refusal = check_may_change(changing, id)) return refusal;
    forget(id, changing.rows);
  }
  return pass_over(changing, "DROP USER", missing);
}

Refusal rename_users(Changing& changing) {
  const std::vector<sql::Account>& names = changing.command.accounts;
  Rows& rows = *changing.rows;
  for (std::size_t i = 0; i + 1 < names.size(); i += 2) {
    const AccountId from = account_named(names[i], changing.author.client);
    const AccountId to = account_named(names[i + 1], changing.author.client);
    if (auto refusal = check_names(to)) return refusal;
    const auto user = rows.users.find(from);
    const bool taken = rows.users.contains(to) ||
                       (changing.accounts.bootstrapped() && to == changing.accounts.bootstrap().id());
    if (user == rows.users.end() || taken) return failed("RENAME USER", {from});
    if (auto refusal = check_may_change(changing, from)) return refusal;
    rows.users[to] = user->second;
    std::vector<GrantRow> moved;
    for (const GrantRow& row : rows.grants) {
      if (row.account == from) moved.push_back({to, row.database, row.table, row.privilege});
    }
    forget(from, &rows);
    rows.grants.insert(moved.begin(), moved.end());
  }
  return std::nullopt;
}

// Everybody may set the own password.
Refusal check_password_author(const Changing& changing) {
  const AccountId& own = changing.author.client.account;
  const bool only_own = std::all_of(
      changing.command.accounts.begin(), changing.command.accounts.end(), [&](const sql::Account& account) {
        return account_named(account, changing.author.client) == own && identifies(account);
      });
  const bool more = changing.command.lock != sql::AccountCommand::Lock::kAsIs ||
                    changing.command.tls != sql::AccountCommand::Tls::kAsIs;
  if (!only_own || more) {
    return check_global(changing.accounts, changing.author.client, {Privilege::kCreateUser});
  }
  if (!own.user.empty()) return std::nullopt;
  return mysql::ClientError{
      1131, "42000",
      "You are using MySQL as an anonymous user and anonymous users are not allowed to change user settings"};
}

Refusal set_password(Changing& changing) {
  for (const sql::Account& account : changing.command.accounts) {
    if (changing.accounts.exists(account_named(account, changing.author.client))) continue;
    return mysql::ClientError{1133, "42000", "Can't find any matching row in the user table"};
  }
  return alter_users(changing);
}

Refusal carry_out(Changing& changing) {
  const auto by_creator = [&](Refusal (*act)(Changing&)) {
    auto refusal = check_global(changing.accounts, changing.author.client, {Privilege::kCreateUser});
    return refusal.has_value() ? refusal : act(changing);
  };
  const auto of_passwords = [&](Refusal (*act)(Changing&)) {
    auto refusal = check_password_author(changing);
    return refusal.has_value() ? refusal : act(changing);
  };
  switch (changing.command.what) {
    case What::kCreateUser: return by_creator(create_users);
    case What::kAlterUser: return of_passwords(alter_users);
    case What::kSetPassword: return of_passwords(set_password);
    case What::kDropUser: return by_creator(drop_users);
    case What::kRenameUser: return by_creator(rename_users);
    case What::kGrant: return grant(changing);
    case What::kRevoke: return revoke(changing);
    case What::kRevokeAll: return by_creator(revoke_all);
  }
  return std::nullopt;
}

}  // namespace

AccountId account_named(const sql::Account& account, const Client& client) {
  return account.current ? client.account : AccountId{account.user, account.host};
}

Refusal check_may_change(const Changing& changing, const AccountId& id) {
  const AccountId& own = changing.author.client.account;
  if (id == own || !changing.accounts.global(id).has(Privilege::kSuper)) return std::nullopt;
  return check_global(changing.accounts, changing.author.client, {Privilege::kSuper});
}

mysql::Answer<std::vector<Note>> change(const sql::AccountCommand& command, const Author& author,
                                        const Accounts& accounts, Rows* rows) {
  Rows changed = *rows;
  Changing changing{command, author, accounts, &changed, {}};
  if (const Refusal refusal = carry_out(changing)) return *refusal;
  *rows = std::move(changed);
  return std::move(changing.notes);
}

}  // namespace murmel::accounts
