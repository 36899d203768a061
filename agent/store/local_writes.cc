#include "agent/store/local_writes.h"

#include "agent/store/capture.h"
#include "agent/store/sql.h"

namespace murmel::store {
namespace {

// Applications would have to keep changing the schema all the time to need more.
constexpr int kRoundsMax = 10;

}  // namespace

Result<bool> LocalWrites::pending() {
  TRY_ASSIGN(const std::int64_t schema, connection_.schema_version());
  if (schema != logged_schema_) return true;
  return has_wide_rows(schema);
}

Result<bool> LocalWrites::log_all() {
  TRY_ASSIGN(Transaction transaction, Transaction::begin(connection_, Transaction::Kind::kWrite));
  TRY_ASSIGN(const bool wrote, log_in_transaction());
  if (!wrote) return false;
  TRY(transaction.commit());
  return true;
}

Result<Transaction> LocalWrites::begin_after_logging() {
  for (int round = 0; round < kRoundsMax; ++round) {
    TRY_ASSIGN(Transaction transaction, Transaction::begin(connection_, Transaction::Kind::kWrite));
    TRY_ASSIGN(const bool wrote, log_in_transaction());
    if (!wrote) return transaction;
    TRY(transaction.commit());
  }
  return Error{ErrorCode::kBusy, "the schema keeps changing"};
}

Result<bool> LocalWrites::log_in_transaction() {
  TRY_ASSIGN(const std::int64_t schema, connection_.schema_version());
  TRY_ASSIGN(const bool wide, has_wide_rows(schema));
  std::int64_t converted = 0;
  if (wide) {
    TRY_ASSIGN(converted, capture::convert_wide_rows(connection_));
  }
  const bool schema_moved = schema != logged_schema_;
  bool schema_changed = false;
  if (schema_moved) {
    TRY_ASSIGN(schema_changed, capture::log_schema_changes(connection_));
    // Also when somebody else has logged the change: the triggers of a new table are ours to make.
    TRY(renew_triggers());
    TRY_ASSIGN(const std::int64_t now, connection_.schema_version());
    schema_changed = schema_changed || now != schema;
    // What was just written is compared once more after its commit: a rollback must not leave it for logged.
    if (!schema_changed) logged_schema_ = schema;
  }
  const bool wrote = converted > 0 || schema_changed;
  if (wrote || schema_moved) ++rounds_;
  return wrote;
}

Status LocalWrites::renew_triggers() {
  if (!triggers_) return Ok{};
  return capture::install_triggers(connection_);
}

// The table is there only where triggers are in use.
Result<bool> LocalWrites::has_wide_rows(std::int64_t schema) {
  if (schema == schema_without_wide_) return false;
  if (!any_wide_.prepared()) {
    TRY_ASSIGN(Statement exists, connection_.prepare(sql::kHasTable));
    exists.bind(1, std::string_view("__murmel_wide"));
    TRY_ASSIGN(const bool found, exists.step());
    if (!found) schema_without_wide_ = schema;
    if (!found) return false;
    exists.reset();
    TRY_ASSIGN(any_wide_, connection_.prepare(sql::kAnyWide));
  }
  const ResetAtEnd reset(any_wide_);
  return any_wide_.step();
}

}  // namespace murmel::store
