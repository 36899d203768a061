// Conversion outside of a capturing connection: by the agent, and by the SQL functions (capture_api.h:
// convert_wide_rows).
#include "extension/capture_api.h"
#include "extension/log_writer.h"
#include "extension/schema_delta.h"
#include "extension/transaction.h"
#include "extension/wide_rows.h"

namespace murmel::extension {
namespace {

int append_record(sqlite3* db, const char* schema, ChangeBuffer& rows, Fault& fault) {
  std::int64_t cookie = 0;
  int rc = read_cookie(db, schema, &cookie, fault);
  if (rc != SQLITE_OK) return rc;
  rows.close_chunk();
  LogWriter log(db, schema);
  // These rows were committed long ago: this record says nothing about the commit that carries it.
  rc = log.begin_transaction(static_cast<std::uint32_t>(cookie), -1, fault);
  for (std::size_t i = 0; rc == SQLITE_OK && i < rows.chunk_count(); i++) {
    const std::uint8_t* payload = nullptr;
    std::size_t size = 0;
    if (!rows.payload(i, &payload, &size, fault)) return fault.code;
    rc = log.append(payload, size, i + 1 < rows.chunk_count(), fault);
  }
  return rc;
}

}  // namespace

int log_wide_rows_of_others(sqlite3* db, const char* schema, WideRows& wide, Fault& fault) noexcept {
  ChangeBuffer rows;
  int rc = wide.take_others(rows, fault);
  if (rc == SQLITE_OK && !rows.empty()) rc = append_record(db, schema, rows, fault);
  return rc;
}

int convert_wide_rows(sqlite3* db, const char* schema, std::int64_t* rows, Fault& fault) {
  *rows = 0;
  WideRows wide(db, schema);
  bool present = false;
  int rc = wide.look(&present, fault);
  if (rc != SQLITE_OK || !present) return rc;
  rc = wide.begin(fault);
  if (rc != SQLITE_OK || !wide.others_waiting()) return rc;
  Transaction transaction(db);
  rc = transaction.begin(fault);
  if (rc == SQLITE_OK) rc = wide.begin(fault);  // what came in between is taken as well
  if (rc == SQLITE_OK) *rows = wide.others_waiting() ? wide.count() : 0;
  if (rc == SQLITE_OK) rc = log_wide_rows_of_others(db, schema, wide, fault);
  return transaction.end(rc, fault);
}

}  // namespace murmel::extension
