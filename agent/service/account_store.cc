#include "agent/service/account_store.h"

#include <utility>

#include "agent/mysql/passwords.h"
#include "agent/service/account_table.h"
#include "agent/service/client_errors.h"
#include "agent/service/log.h"
#include "agent/service/seed.h"
#include "agent/service/system_write.h"

namespace murmel::service {
namespace {

constexpr Patience kPatience{std::chrono::seconds(4), std::chrono::seconds(4),
                             std::chrono::milliseconds(100)};
constexpr std::size_t kSaltBytes = 20;
constexpr char kAtOne[] = "SELECT murmel_consistency('one')";

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

AccountStore::AccountStore(std::string path, const MysqlSettings& settings)
    : path_(std::move(path)), bootstrap_(bootstrap_of(settings)) {}

std::shared_ptr<const accounts::Accounts> AccountStore::accounts() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

Status AccountStore::refresh() {
  TRY_ASSIGN(const auto database, store::ClientDatabase::open(path_, kSystemLockWaitMs));
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
  auto opened = open_at_quorum(path_);
  if (!opened.ok()) return mysql::unknown_error(opened.error().message);
  ClientDatabase& tables = **opened;
  bool made = false;
  mysql::Answer<Notes> answer = Notes();
  const SystemEdit change = [&](ClientDatabase& database) -> ClientResult<bool> {
    auto before = read_accounts(database);
    if (!before.ok()) return before.error();
    made = before->made;
    accounts::Rows after = before->rows;
    answer = edit(before->rows, &after);
    if (!answer.ok()) return false;
    const auto written = write_accounts(database, *before, after);
    if (!written.ok()) return written.error();
    return true;
  };
  auto fault = write_in_time(tables, change, kPatience);
  if (fault.has_value() && is_alone(*fault) && made) {
    log_warn("accounts are changed without a majority", {{"reason", fault->message}});
    const auto level = tables.run(kAtOne);
    if (!level.ok()) return client_error(level.error(), kAccountsName);
    fault = write_once(tables, change);
  }
  if (fault.has_value()) return client_error(*fault, kAccountsName);
  if (!answer.ok()) return answer;
  if (const Status status = publish(tables); !status.ok()) {
    return mysql::unknown_error(status.error().message);
  }
  return answer;
}

}  // namespace murmel::service
