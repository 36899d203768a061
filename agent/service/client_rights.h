// ClientRights: who the client of one session is, and what it may do, for the session to ask before it acts:
//
//   USE, login with a database       may_use, then uses
//   tables of a statement            may_touch (sql::Statement::tables)
//   CREATE, DROP, ALTER DATABASE     may_define
//   SHOW DATABASES, SHOW TABLES      sees_database, sees_table, for each name
//   SET GLOBAL, FLUSH, ...           may (global privileges)
//   KILL, SHOW PROCESSLIST           kill, processes
//   accounts                         change, describe
//
// A refusal is MySQL's error; nothing: it may. Answers follow the accounts as they are now, so a dropped user
// may nothing any more. A small value; its two parents must outlive it. Any thread; change() may wait.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/accounts/access.h"
#include "agent/accounts/change.h"
#include "agent/service/account_store.h"
#include "agent/service/client_list.h"
#include "agent/session/info_tables.h"
#include "agent/sql/translator.h"

namespace murmel::service {

class ClientRights {
 public:
  ClientRights(AccountStore& accounts, ClientList& clients, accounts::Client client, std::uint32_t connection)
      : accounts_(&accounts), clients_(&clients), client_(std::move(client)), connection_(connection) {}

  const accounts::Client& client() const { return client_; }
  std::string user() const { return client_.user + "@" + client_.host; }  // USER()
  std::string current_user() const;                                       // CURRENT_USER()

  accounts::Refusal may_use(const std::string& database) const;
  // `current`: the database of tables that are named without one.
  accounts::Refusal may_touch(const std::vector<sql::TableUse>& tables, const std::string& current) const;
  accounts::Refusal may_define(const sql::DatabaseCommand& command) const;
  accounts::Refusal may(const std::vector<accounts::Privilege>& any) const;
  bool sees_database(const std::string& database) const;  // in lists
  bool sees_table(const std::string& database, const std::string& table) const;

  // For SHOW PROCESSLIST.
  void uses(const std::string& database) const { clients_->uses(connection_, database); }
  // 1094, 1095.
  accounts::Refusal kill(std::uint64_t connection, bool query_only) const;
  std::vector<ClientEntry> processes() const;  // those that it may see

  mysql::Answer<std::vector<accounts::Note>> change(const sql::AccountCommand& command,
                                                    const std::string& database) const;
  // SHOW GRANTS and SHOW CREATE USER: the column's name, and a text a row. Errors: 1044, 1141, 1396.
  struct Description {
    std::string title;
    std::vector<std::string> rows;
  };
  mysql::Answer<Description> describe(const sql::ShowCommand& command) const;
  // `all`: not only what concerns the own account.
  session::Rows account_rows(session::AccountTable table, bool all) const;
  // Of a database's tables that name none.
  std::string collation_of(const std::string& database) const;
  accounts::Refusal set_collation(const std::string& database, const std::string& collation) const;
  // FLUSH PRIVILEGES. Errors: 1105, 1227.
  accounts::Refusal refresh() const;

 private:
  AccountStore* accounts_;
  ClientList* clients_;
  accounts::Client client_;
  std::uint32_t connection_;
};

}  // namespace murmel::service
