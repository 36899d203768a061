// DatabaseCapture when the schema changed: what of the rows still holds, and which tables are logged whole.
#include "extension/database_capture.h"
#include "extension/row_filter.h"
#include "extension/schema_delta.h"
#include "extension/schema_history.h"
#include "extension/table_identity.h"
#include "extension/trigger_sql.h"

namespace murmel::extension {

// The difference is in the log, or is about to be.
int DatabaseCapture::adopt_logged_schema(const WholeTables& whole, Fault& fault) noexcept {
  int rc = SQLITE_OK;
  // Rows of new tables are captured by triggers from here on, and those of changed ones as they are now.
  if (has_wide_ && !whole.delta.empty()) rc = renew_triggers(db_, schema(), fault);
  if (rc == SQLITE_OK) rc = note_renames(db_, schema(), schema_steps(), fault);
  if (rc == SQLITE_OK) rc = store_schema(db_, schema(), fault);
  if (rc == SQLITE_OK) logged_cookie_ = seen_cookie_;
  schema_moved_ = true;
  tables_.forget_all();  // those that were kNotLogged are captured from now on
  return rc;
}

// Nothing if the table is gone: the difference says so.
int DatabaseCapture::log_again(WholeTables& whole, const char* table, Fault& fault) noexcept {
  if (whole.names.contains(table)) return SQLITE_OK;
  TableInfo now;
  const int found = load_table(db_, schema(), table, quirks_.slots_count_virtual, now, fault);
  if (found == SQLITE_NOTFOUND || (found == SQLITE_OK && !now.captured())) return SQLITE_OK;
  if (found != SQLITE_OK) return found;
  if (!whole.names.add(table)) return fault.fail(SQLITE_NOMEM, "out of memory");
  return append_table_again(db_, schema(), table, quirks_.slots_count_virtual, whole.again, fault);
}

// What seemed to need it when the rows were written may have been explained by a later change.
int DatabaseCapture::log_awaiting(WholeTables& whole, Fault& fault) noexcept {
  for (const char* table : awaiting_) {
    const int rc = log_again(whole, table, fault);
    if (rc != SQLITE_OK) return rc;
  }
  return SQLITE_OK;
}

// Rows of renamed tables may stand in the log's order before and after the rename, under both names.
int DatabaseCapture::log_renamed(WholeTables& whole, Fault& fault) noexcept {
  NameSet renamed;
  int rc = read_renamed(db_, schema(), schema_steps(), renamed, fault);
  for (const char* table : renamed) {
    if (rc == SQLITE_OK) rc = log_again(whole, table, fault);
  }
  return rc;
}

// Copies the rows whose table is as they say. The others' tables are logged again, or gone.
int DatabaseCapture::keep_valid_rows(WholeTables& whole, std::size_t first, std::size_t last,
                                     ChangeBuffer& kept, Fault& fault) noexcept {
  struct Context {
    DatabaseCapture& self;
    WholeTables& whole;
  } context{*this, whole};
  const auto keeps = [](void* argument, const char* table, const std::uint8_t* description, std::size_t n,
                        Fault& why) {
    auto& [self, all] = *static_cast<Context*>(argument);
    if (all.names.contains(table)) return false;
    TableInfo now;
    const int rc = load_table(self.db_, self.schema(), table, self.quirks_.slots_count_virtual, now, why);
    if (rc == SQLITE_OK && now.captured() && now.described_as(description, n)) return true;
    if (rc == SQLITE_OK) self.log_again(all, table, why);  // a failure is in `why`
    return false;
  };
  // Twice: only when all are known that are logged again is it known which rows stay.
  for (int pass = 0; pass < 2; pass++) {
    kept.clear();
    RowFilter filter(keeps, &context);
    for (std::size_t i = first; i < last; i++) {
      const std::uint8_t* payload = nullptr;
      std::size_t size = 0;
      if (!buffer_.payload(i, &payload, &size, fault)) return fault.code;
      const int rc = filter.copy(payload, size, kept, fault);
      if (rc != SQLITE_OK) return rc;
    }
  }
  return SQLITE_OK;
}

// All of the transaction that is not in the log yet, in order. Writes nothing.
int DatabaseCapture::collect(WholeTables& whole, Decision::Payload& parts, Fault& fault) noexcept {
  int rc = SQLITE_OK;
  if (seen_cookie_ != logged_cookie_) {
    rc = append_schema_delta(db_, schema(), schema_steps(), quirks_.slots_count_virtual, whole.delta, fault,
                             &whole.names);
    whole.delta.close_chunk();
  }
  if (rc == SQLITE_OK) rc = log_awaiting(whole, fault);
  if (rc == SQLITE_OK && changed_again_) rc = log_renamed(whole, fault);
  const std::size_t end = buffer_.chunk_count();
  std::size_t boundary = boundary_ < end ? boundary_ : end;
  if (boundary < flushed_) boundary = flushed_;
  if (rc == SQLITE_OK && changed_again_) rc = keep_valid_rows(whole, boundary, end, whole.kept, fault);
  whole.again.close_chunk();
  parts[0] = {&buffer_, flushed_, boundary};
  parts[1] = {&whole.delta, 0, whole.delta.chunk_count()};
  parts[2] = {&buffer_, boundary, end};
  if (changed_again_) parts[2] = {&whole.kept, 0, whole.kept.chunk_count()};
  parts[3] = {&whole.again, 0, whole.again.chunk_count()};
  return rc;
}

int DatabaseCapture::flush_with_schema(Fault& fault) noexcept {
  WholeTables whole;
  Decision::Payload parts;
  int rc = collect(whole, parts, fault);
  std::size_t chunks = 0;
  for (const Decision::Part& part : parts) chunks += part.last - part.first;
  if (rc != SQLITE_OK || chunks == 0) return rc;  // nothing to write: not worth a page
  if (seen_cookie_ != logged_cookie_) rc = adopt_logged_schema(whole, fault);
  if (rc == SQLITE_OK) rc = begin_records(chunks, fault);
  for (const Decision::Part& part : parts) {
    if (rc == SQLITE_OK) rc = append_chunks(*part.from, part.first, part.last, fault);
  }
  if (rc == SQLITE_OK && whole.changes_schema()) {
    rc = note_schema_change(db_, schema(), 0, log_->place().hlc, log_->place().seq, fault);
  }
  if (rc != SQLITE_OK) return rc;
  flushed_ = buffer_.chunk_count();
  awaiting_.clear();
  return SQLITE_OK;
}

}  // namespace murmel::extension
