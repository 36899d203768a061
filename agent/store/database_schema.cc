// Database: schema changes that the agent itself proposes.
#include <sqlite3.h>

#include <memory>

#include "agent/store/capture.h"
#include "agent/store/database_impl.h"
#include "agent/store/meta.h"
#include "agent/store/schema_state.h"
#include "agent/store/sqlite_error.h"
#include "extension/schema_sql.h"

namespace murmel::store {
namespace {

Status run_schema_sql(Connection& connection, const std::string& sql) {
  const char* rest = sql.c_str();
  while (*extension::first_word(rest) != '\0') {
    if (!extension::changes_schema(rest)) {
      return Error{ErrorCode::kInvalid, "only CREATE, ALTER and DROP statements can be applied this way"};
    }
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v2(connection.handle(), rest, -1, &raw, &rest);
    Statement statement(raw);
    if (code != SQLITE_OK) {
      return Error{ErrorCode::kInvalid, sqlite_error(connection.handle(), code, "schema change").message};
    }
    for (;;) {
      const auto row = statement.step();
      if (!row.ok()) {
        const bool here = row.error().code == ErrorCode::kBusy || row.error().code == ErrorCode::kFull;
        return here ? row.error() : Error{ErrorCode::kInvalid, row.error().message};
      }
      if (!*row) break;
    }
  }
  return Ok{};
}

}  // namespace

// In a transaction that is never committed.
Result<SchemaPlan> Database::plan_schema(const std::string& sql) {
  Impl& impl = *impl_;
  impl.audit.lose_count();
  TRY_ASSIGN(const Transaction transaction, impl.local.begin_after_logging());
  TRY(impl.state->catch_up());
  SchemaPlan plan;
  plan.seen = impl.state->have();
  plan.clock = impl.state->clock();
  TRY(run_schema_sql(impl.connection, sql));
  TRY_ASSIGN(plan.rows, capture::schema_difference(impl.connection));
  TRY_ASSIGN(const std::int64_t version, impl.connection.schema_version());
  plan.schema_version = static_cast<std::uint32_t>(version);
  return plan;
}

Result<SchemaState> Database::schema_state() {
  return read_schema_state(impl_->connection, impl_->options.node, impl_->filter);
}

Result<SchemaRepairReport> Database::repair_schema(const SchemaState& theirs) {
  impl_->audit.lose_count();
  return impl_->applier->repair_schema(theirs);
}

// The table's appearance is what makes writers with the extension look; triggers refuse the others.
Status Database::retire() {
  Impl& impl = *impl_;
  impl.audit.lose_count();
  TRY_ASSIGN(Transaction transaction, impl.local.begin_after_logging());
  TRY(impl.connection.execute("CREATE TABLE IF NOT EXISTS __murmel_dropped(at INTEGER)"));
  TRY(keep_meta(impl.connection, "out_of_band", "refuse"));
  TRY(capture::install_triggers(impl.connection));
  TRY(capture::adopt_schema(impl.connection));
  return transaction.commit();
}

Status Database::keep_setting(std::string_view key, const std::string& value) {
  Impl& impl = *impl_;
  TRY_ASSIGN(Transaction transaction, Transaction::begin(impl.connection, Transaction::Kind::kWrite));
  TRY(keep_meta(impl.connection, key, value));
  impl.audit.lose_count();
  return transaction.commit();
}

}  // namespace murmel::store
