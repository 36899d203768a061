#include "agent/service/account_store.h"

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "agent/mysql/passwords.h"
#include "agent/service/account_table.h"
#include "agent/service/client_errors.h"
#include "agent/service/log.h"
#include "agent/service/seed.h"

namespace murmel::service {
namespace {

constexpr int kLockWaitMs = 5'000;
constexpr std::chrono::seconds kPatience(4);
constexpr std::chrono::milliseconds kPause(100);
constexpr std::size_t kSaltBytes = 20;
constexpr char kAtQuorum[] = "SELECT murmel_consistency('quorum', 2000)";
constexpr char kAtOne[] = "SELECT murmel_consistency('one')";
constexpr int kBusy =
    5;  // SQLite's code: nobody has committed it; with more bits set, somebody else was faster

// What a kept password's salt may hold: neither zero nor '$'.
std::string random_salt() {
  std::string salt = random_bytes(kSaltBytes);
  for (char& c : salt) c = static_cast<char>('A' + (static_cast<unsigned char>(c) & 31));
  return salt;
}

accounts::Bootstrap bootstrap_of(const MysqlSettings& settings) {
  return {mysql::sha2_verifier(settings.root_password, random_salt()),
          settings.root_without_password == "loopback"};
}

}  // namespace

// What came of one transaction.
struct AccountStore::Attempt {
  std::optional<mysql::ClientError> refused;  // by the rules of accounts
  std::optional<store::ClientFault> fault;    // by SQLite or by the voters
  Notes notes;
  bool tables_made = false;
  // Nobody has committed it; it may go better again.
  bool busy() const { return fault.has_value() && (fault->code & 0xff) == kBusy; }
  // As far as can be told without asking again: no majority was in reach.
  bool alone() const { return fault.has_value() && fault->code == kBusy; }
};

AccountStore::AccountStore(std::string path, const MysqlSettings& settings)
    : path_(std::move(path)), bootstrap_(bootstrap_of(settings)) {}

std::shared_ptr<const accounts::Accounts> AccountStore::accounts() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

Status AccountStore::refresh() {
  TRY_ASSIGN(const auto database, store::ClientDatabase::open(path_, kLockWaitMs));
  return publish(*database);
}

Status AccountStore::publish(store::ClientDatabase& database) {
  const std::lock_guard reading(reading_);
  auto tables = read_accounts(database);
  if (!tables.ok()) return Error{ErrorCode::kIo, tables.error().message};
  auto made = std::make_shared<const accounts::Accounts>(std::move(tables->rows), bootstrap_);
  const std::lock_guard lock(mutex_);
  newest_ = std::move(made);
  return Ok{};
}

AccountStore::Attempt AccountStore::attempt(store::ClientDatabase& database, const Edit& edit) const {
  Attempt attempt;
  const auto finish = [&](const store::ClientResult<std::monostate>& done) {
    if (!done.ok()) attempt.fault = done.error();
    if (!database.in_transaction()) return attempt;
    const auto undone = database.run("ROLLBACK");
    if (!undone.ok() && !attempt.fault.has_value()) attempt.fault = undone.error();
    return attempt;
  };
  auto begun = database.run("BEGIN IMMEDIATE");
  if (!begun.ok()) return finish(begun);
  auto before = read_accounts(database);
  if (!before.ok()) return finish(before.error());
  attempt.tables_made = before->made;
  accounts::Rows after = before->rows;
  auto changed = edit(before->rows, &after);
  if (!changed.ok()) {
    attempt.refused = changed.error();
    return finish(std::monostate());
  }
  attempt.notes = std::move(*changed);
  auto written = write_accounts(database, *before, after);
  if (written.ok()) written = database.run("COMMIT");
  return finish(written);
}

mysql::Answer<std::vector<accounts::Note>> AccountStore::change(const sql::AccountCommand& command,
                                                                const accounts::Client& client,
                                                                const std::string& database) {
  const accounts::Author author{client, database, random_salt};
  return carry_out([&](const accounts::Rows& before, accounts::Rows* after) {
    return accounts::change(command, author, accounts::Accounts(before, bootstrap_), after);
  });
}

mysql::Answer<std::vector<accounts::Note>> AccountStore::set_collation(const std::string& database,
                                                                       const std::string& collation) {
  return carry_out([&](const accounts::Rows&, accounts::Rows* after) -> mysql::Answer<Notes> {
    if (collation.empty()) {
      after->collations.erase(database);
    } else {
      after->collations[database] = collation;
    }
    return Notes();
  });
}

mysql::Answer<AccountStore::Notes> AccountStore::carry_out(const Edit& edit) {
  auto opened = store::ClientDatabase::open(path_, kLockWaitMs);
  if (!opened.ok()) return mysql::unknown_error(opened.error().message);
  store::ClientDatabase& tables = **opened;
  auto level = tables.run(kAtQuorum);
  if (!level.ok()) return client_error(level.error(), kAccountsName);
  Attempt done = attempt(tables, edit);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (done.busy() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kPause);
    done = attempt(tables, edit);
  }
  if (done.alone() && done.tables_made) {
    log_warn("accounts are changed without a majority", {{"reason", done.fault->message}});
    level = tables.run(kAtOne);
    if (!level.ok()) return client_error(level.error(), kAccountsName);
    done = attempt(tables, edit);
  }
  if (done.refused.has_value()) return *done.refused;
  if (done.fault.has_value()) return client_error(*done.fault, kAccountsName);
  if (const Status status = publish(tables); !status.ok()) {
    return mysql::unknown_error(status.error().message);
  }
  return std::move(done.notes);
}

}  // namespace murmel::service
