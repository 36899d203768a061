// The rows of a transaction for somebody else to write: sessions of the agent run on a private copy of the
// wal-index and never commit there (agent/store/speculative.h).
#include "extension/capture_api.h"
#include "extension/connection.h"
#include "extension/registry.h"

namespace murmel::extension {

int DatabaseCapture::hand_over(RowReceiver& receiver, std::size_t* from, Fault& fault) noexcept {
  int rc = close_rows(true, fault);
  if (rc != SQLITE_OK || !enabled_) return rc;
  if (seen_cookie_ != logged_cookie_ || changed_again_) {
    return fault.fail(SQLITE_SCHEMA, "the schema has changed, and that is not in the log yet");
  }
  schema_moved_ = false;  // it is the logged one, so the rollback that follows undoes nothing of it
  for (; *from < buffer_.chunk_count(); ++*from) {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
    if (!buffer_.payload(*from, &data, &size, fault)) return fault.code;
    if (!receiver.take(data, size)) return fault.fail(SQLITE_NOMEM, "out of memory");
  }
  return SQLITE_OK;
}

int Connection::hand_over(const char* schema, RowReceiver& receiver, std::size_t* from,
                          Fault& fault) noexcept {
  if (fault_.set()) {
    fault = fault_;
    return fault.code;
  }
  DatabaseCapture* database = nullptr;
  for (DatabaseCapture* known : databases_) {
    if (known->joined() && std::strcmp(known->schema(), schema) == 0) database = known;
  }
  if (database == nullptr) return SQLITE_OK;  // nothing was written
  const KeepChangeCounts kept(db_, counts_);
  const Hooks::TraceOff quiet(hooks_);
  busy_ = true;
  const int rc = database->hand_over(receiver, from, fault);
  busy_ = false;
  return rc;
}

int hand_over_rows(sqlite3* db, const char* schema, RowReceiver& receiver, std::size_t* from, Fault& fault) {
  Connection* const connection = find_connection(db);
  if (connection == nullptr) return fault.fail(SQLITE_MISUSE, "this connection does not capture");
  return connection->hand_over(schema, receiver, from, fault);
}

}  // namespace murmel::extension
