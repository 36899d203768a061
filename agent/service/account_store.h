// AccountStore: the accounts of MySQL clients on this node: a copy in memory of the tables in the replicated
// database kAccountsName, and the statements that change these.
//
//   statement ──► read, change, write in one transaction, decided by a majority ──► refresh()
//   rows of other nodes arrive ──► the host calls refresh() in a thread that may wait
//
// Without a majority a change is committed at ONE once that has been tried for a while, so that a node that
// is alone can still lock somebody out; only the first account of a cluster needs a majority, as it makes the
// tables. Everything may be called from any thread; refresh() and change() wait for the disk, and change()
// for other nodes.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/accounts/accounts.h"
#include "agent/accounts/change.h"
#include "agent/base/result.h"
#include "agent/service/settings.h"
#include "agent/store/client_database.h"

namespace murmel::service {

class AccountStore {
 public:
  // `path`: of the database, which need not be there yet.
  AccountStore(std::string path, const MysqlSettings& settings);

  // As last read; nullptr: not read yet. Whoever asked keeps his copy while a newer one takes its place:
  //
  //   store ──► newest ◄── statement under way      freed when neither has it
  std::shared_ptr<const accounts::Accounts> accounts() const;

  // Reads the tables anew.
  Status refresh();
  // Errors: as accounts::change; 1105, 1205, 1213 (not committed).
  mysql::Answer<std::vector<accounts::Note>> change(const sql::AccountCommand& command,
                                                    const accounts::Client& client,
                                                    const std::string& database);
  // Of a database's tables that name none; empty: MySQL's own. Errors: 1105, 1205, 1213.
  mysql::Answer<std::vector<accounts::Note>> set_collation(const std::string& database,
                                                           const std::string& collation);

 private:
  using Notes = std::vector<accounts::Note>;
  // What is to become of the rows.
  using Edit = std::function<mysql::Answer<Notes>(const accounts::Rows& before, accounts::Rows* after)>;

  mysql::Answer<Notes> carry_out(const Edit& edit);
  Status publish(store::ClientDatabase& database);

  const std::string path_;
  const accounts::Bootstrap bootstrap_;
  std::mutex reading_;  // held from the read to the publication, so that no older state follows a newer one
  mutable std::mutex mutex_;
  std::shared_ptr<const accounts::Accounts> newest_;  // guarded by mutex_
};

}  // namespace murmel::service
