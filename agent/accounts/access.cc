#include "agent/accounts/access.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace murmel::accounts {
namespace {

// Everybody reads it, and finds there what it may see.
bool is_information_schema(std::string_view database) {
  constexpr std::string_view kName = "information_schema";
  return std::equal(database.begin(), database.end(), kName.begin(), kName.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

}  // namespace

Refusal check_global(const Accounts& accounts, const Client& client, std::vector<Privilege> any) {
  const PrivilegeSet held = accounts.global(client.account);
  std::string names;
  for (const Privilege wanted : any) {
    if (held.has(wanted)) return std::nullopt;
    if (!names.empty()) names += " or ";
    names += privilege_name(wanted);
  }
  return mysql::ClientError{
      1227, "42000",
      fmt::format("Access denied; you need (at least one of) the {} privilege(s) for this operation", names)};
}

Refusal check_database(const Accounts& accounts, const Client& client, PrivilegeSet wanted,
                       const std::string& database) {
  if (accounts.on_database(client.account, database).has_all(wanted)) return std::nullopt;
  return database_denied(client, database);
}

Refusal check_use(const Accounts& accounts, const Client& client, const std::string& database) {
  if (is_information_schema(database) || accounts.sees_database(client.account, database))
    return std::nullopt;
  return database_denied(client, database);
}

Refusal check_table(const Accounts& accounts, const Client& client, PrivilegeSet wanted,
                    const std::string& database, const std::string& table) {
  if (accounts.global(client.account).has_all(wanted)) return std::nullopt;
  if (wanted == Privilege::kSelect && is_information_schema(database)) return std::nullopt;
  const PrivilegeSet missing = wanted.without(accounts.on_table(client.account, database, table));
  if (missing.empty()) return std::nullopt;
  std::string words = missing.has(Privilege::kGrantOption) ? "GRANT" : "";
  if (const PrivilegeSet others = missing.without(Privilege::kGrantOption); !others.empty()) {
    words = privilege_list(others, Level::kGlobal) + (words.empty() ? "" : ", ") + words;
  }
  return mysql::ClientError{1142, "42000",
                            fmt::format("{} command denied to user '{}'@'{}' for table '{}'", words,
                                        client.account.user, client.host, table)};
}

mysql::ClientError database_denied(const Client& client, const std::string& database) {
  return {1044, "42000",
          fmt::format("Access denied for user '{}'@'{}' to database '{}'", client.account.user,
                      client.account.host, database)};
}

mysql::ClientError tls_needed(const Client& client) {
  return mysql::access_denied(client.user, client.host, true);
}

mysql::ClientError account_locked(const Client& client) {
  return {3118, "HY000",
          fmt::format("Access denied for user '{}'@'{}'. Account is locked.", client.account.user,
                      client.account.host)};
}

}  // namespace murmel::accounts
