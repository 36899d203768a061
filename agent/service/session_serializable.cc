// SqlSession: SERIALIZABLE, for transactions that read.
//
//   BEGIN, and the first look takes SQLite's snapshot ─► what does a majority of the voters know of by now?
//        ▲                                                     │ all of it is in the snapshot: read
//        └──── wait until it is here, on a new snapshot ◄──────┘ else
//
// So what is read lies between all transactions at QUORUM that were decided before and all that are decided
// after, on whatever node (extension/quorum_functions.h, murmel_sees). Where new ones come between all the
// time, the voters are asked to hold them back for a moment.
// Such a transaction writes nothing, so it runs on the ordinary connection, whose snapshot is SQLite's own.
#include <algorithm>
#include <chrono>
#include <string>

#include "agent/service/client_errors.h"
#include "agent/service/sql_session.h"
#include "agent/session/info_tables.h"

namespace murmel::service {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::monostate kRead;
constexpr std::string_view kSerializable = "SERIALIZABLE";
constexpr auto kPatience = std::chrono::milliseconds(5'000);
constexpr std::int64_t kTriesAtOnce = 2;  // before anybody is held back
// Then twice as long each time: some round trips and fsyncs in one place, or between continents.
constexpr std::int64_t kHoldBackMsLeast = 25;
constexpr std::int64_t kHoldBackMsMost = 400;

std::int64_t hold_back_ms(std::int64_t attempt) {
  if (attempt < kTriesAtOnce) return 0;
  return std::min(kHoldBackMsLeast << std::min<std::int64_t>(attempt - kTriesAtOnce, 8), kHoldBackMsMost);
}

}  // namespace

// Of the transaction under way; of the next one, where there is none.
bool SqlSession::is_serializable() const {
  if (in_transaction()) return serializable_;
  return state_.variables.text("transaction_isolation") == kSerializable;
}

bool SqlSession::reads_tables(const sql::Statement& statement) const {
  return std::any_of(statement.tables.begin(), statement.tables.end(), [this](const sql::TableUse& use) {
    return !session::is_info_database(use.database.empty() ? databases_.name() : use.database);
  });
}

// What can't be had is refused before anything is read.
SqlSession::Done SqlSession::check_serializable(const sql::Statement& statement) const {
  if (statement.kind == sql::StatementKind::kWrite && !read_only_) {
    return mysql::not_supported("SERIALIZABLE in a transaction that writes");
  }
  if (!statement.locks.empty()) {
    return mysql::not_supported("SERIALIZABLE with FOR UPDATE or FOR SHARE");
  }
  for (const sql::TableUse& use : statement.tables) {
    const bool here = use.database.empty() || use.database == databases_.name();
    if (!here && !session::is_info_database(use.database)) {
      return mysql::not_supported("SERIALIZABLE with tables of other databases than the current one");
    }
  }
  const auto commits = databases_.commits();
  if (commits != nullptr && commits->level() == core::CommitLevel::kOne && reads_tables(statement)) {
    return mysql::not_supported("SERIALIZABLE in a database whose consistency is ONE");
  }
  return kRead;
}

SqlSession::Done SqlSession::run_serializable(const sql::Statement& statement, const Parameters& parameters,
                                              bool more) {
  using Kind = sql::StatementKind;
  const bool reads = statement.kind == Kind::kQuery || statement.kind == Kind::kSet;
  if (!reads && statement.kind != Kind::kWrite) return carry_out(statement, parameters, more, nullptr);
  Done allowed = check_serializable(statement);
  if (!allowed.ok()) return allowed;
  if (!reads || !reads_tables(statement)) return carry_out(statement, parameters, more, nullptr);
  const bool alone = !in_transaction() && state_.variables.number("autocommit") != 0;
  Done done = in_transaction() ? Done(kRead) : start_transaction();
  if (!done.ok()) return done;
  alone_ = alone;
  done = see_all_decided();
  if (done.ok()) done = carry_out(statement, parameters, more, nullptr);
  alone_ = false;
  if (!alone) return done;
  Done ended = end_transaction(done.ok());
  return done.ok() ? ended : done;
}

// Before the first statement of a transaction that reads.
SqlSession::Done SqlSession::see_all_decided() {
  if (sees_all_) return kRead;
  Database* const database = databases_.opened();
  const auto deadline = Clock::now() + kPatience;
  for (std::int64_t attempt = 0;; ++attempt) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return mysql::lock_wait_timeout();
    const std::string wait = std::to_string(left);
    auto sees =
        evaluate("SELECT murmel_sees('quorum', " + wait + ", " + std::to_string(hold_back_ms(attempt)) + ")");
    if (!sees.ok()) return sees.error();
    if (const auto* const all = std::get_if<std::int64_t>(&*sees); all != nullptr && *all != 0) {
      sees_all_ = true;
      return kRead;
    }
    for (const std::string& step :
         {std::string("ROLLBACK"), "SELECT murmel_wait_for('quorum', " + wait + ")", std::string("BEGIN")}) {
      const auto done = database->run(step.c_str());
      if (!done.ok()) return failed(done.error(), nullptr);
    }
  }
}

}  // namespace murmel::service
