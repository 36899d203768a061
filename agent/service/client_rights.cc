#include "agent/service/client_rights.h"

#include <fmt/format.h>

#include "agent/accounts/describe.h"
#include "agent/service/account_rows.h"

namespace murmel::service {
namespace {

using accounts::AccountId;
using accounts::Privilege;
using accounts::PrivilegeSet;

// The database in which MySQL keeps accounts; who may read it may see those of others.
constexpr char kSystemDatabase[] = "mysql";
constexpr char kStandardCollation[] = "utf8mb4_0900_ai_ci";

// "user@host", or empty for the client's own.
AccountId account_of(const std::string& name, const AccountId& own) {
  if (name.empty()) return own;
  const std::size_t at = name.rfind('@');
  return {name.substr(0, at), name.substr(at + 1)};
}

}  // namespace

std::string ClientRights::current_user() const {
  return client_.account.user + "@" + client_.account.host;
}

accounts::Refusal ClientRights::may_use(const std::string& database) const {
  return accounts::check_use(*accounts_->accounts(), client_, database);
}

accounts::Refusal ClientRights::may_touch(const std::vector<sql::TableUse>& tables,
                                          const std::string& current) const {
  const auto known = accounts_->accounts();
  for (const sql::TableUse& use : tables) {
    const auto wanted = accounts::privilege_named(use.privilege);
    if (!wanted.has_value()) return mysql::not_supported(use.privilege);
    const std::string& database = use.database.empty() ? current : use.database;
    if (auto refusal = accounts::check_table(*known, client_, *wanted, database, use.table)) return refusal;
  }
  return std::nullopt;
}

accounts::Refusal ClientRights::may_define(const sql::DatabaseCommand& command) const {
  Privilege wanted = Privilege::kCreate;
  switch (command.what) {
    case sql::DatabaseCommand::What::kCreate: break;
    case sql::DatabaseCommand::What::kDrop: wanted = Privilege::kDrop; break;
    case sql::DatabaseCommand::What::kAlter: wanted = Privilege::kAlter; break;
  }
  return accounts::check_database(*accounts_->accounts(), client_, wanted, command.name);
}

accounts::Refusal ClientRights::may(const std::vector<Privilege>& any) const {
  return accounts::check_global(*accounts_->accounts(), client_, any);
}

bool ClientRights::sees_database(const std::string& database) const {
  const auto known = accounts_->accounts();
  return known->global(client_.account).has(Privilege::kShowDatabases) ||
         !accounts::check_use(*known, client_, database).has_value();
}

bool ClientRights::sees_table(const std::string& database, const std::string& table) const {
  const PrivilegeSet any = accounts::grantable(accounts::Level::kTable);
  return !(accounts_->accounts()->on_table(client_.account, database, table) & any).empty();
}

accounts::Refusal ClientRights::kill(std::uint64_t connection, bool query_only) const {
  const auto target =
      connection > UINT32_MAX ? std::nullopt : clients_->find(static_cast<std::uint32_t>(connection));
  if (!target.has_value()) return mysql::no_such_thread(connection);
  const PrivilegeSet held = accounts_->accounts()->global(client_.account);
  if (target->account != client_.account && !held.has(Privilege::kSuper)) {
    return mysql::ClientError{1095, "HY000", fmt::format("You are not owner of thread {}", connection)};
  }
  clients_->kill(target->connection, query_only);
  return std::nullopt;
}

std::vector<ClientEntry> ClientRights::processes() const {
  std::vector<ClientEntry> clients = clients_->all();
  if (accounts_->accounts()->global(client_.account).has(Privilege::kProcess)) return clients;
  std::erase_if(clients, [&](const ClientEntry& entry) { return entry.account != client_.account; });
  return clients;
}

mysql::Answer<std::vector<accounts::Note>> ClientRights::change(const sql::AccountCommand& command,
                                                                const std::string& database) const {
  return accounts_->change(command, client_, database);
}

mysql::Answer<ClientRights::Description> ClientRights::describe(const sql::ShowCommand& command) const {
  const auto known = accounts_->accounts();
  const AccountId id = account_of(command.name, client_.account);
  if (id != client_.account && !known->global(client_.account).has(Privilege::kCreateUser)) {
    auto refusal = accounts::check_database(*known, client_, Privilege::kSelect, kSystemDatabase);
    if (refusal.has_value()) return *refusal;
  }
  if (command.what == "GRANTS") {
    if (!known->exists(id)) {
      return mysql::ClientError{
          1141, "42000",
          fmt::format("There is no such grant defined for user '{}' on host '{}'", id.user, id.host)};
    }
    return Description{fmt::format("Grants for {}@{}", id.user, id.host), grant_statements(*known, id)};
  }
  const accounts::UserRow* user = known->user(id);
  if (user == nullptr) {
    return mysql::ClientError{1396, "HY000",
                              fmt::format("Operation SHOW CREATE USER failed for {}", accounts::quoted(id))};
  }
  return Description{fmt::format("CREATE USER for {}@{}", id.user, id.host),
                     {accounts::create_user_statement(id, *user)}};
}

session::Rows ClientRights::account_rows(session::AccountTable table, bool all) const {
  return service::account_rows(*accounts_->accounts(), table, client_.account, all);
}

std::string ClientRights::collation_of(const std::string& database) const {
  const auto known = accounts_->accounts();
  const auto found = known->rows().collations.find(database);
  return found != known->rows().collations.end() ? found->second : kStandardCollation;
}

accounts::Refusal ClientRights::set_collation(const std::string& database,
                                              const std::string& collation) const {
  if (collation_of(database) == collation) return std::nullopt;
  const auto done = accounts_->set_collation(database, collation == kStandardCollation ? "" : collation);
  return done.ok() ? accounts::Refusal() : accounts::Refusal(done.error());
}

accounts::Refusal ClientRights::refresh() const {
  if (auto refusal = may({Privilege::kReload})) return refusal;
  const Status status = accounts_->refresh();
  if (status.ok()) return std::nullopt;
  return mysql::unknown_error(status.error().message);
}

}  // namespace murmel::service
