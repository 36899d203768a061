// DatabaseCapture at QUORUM: the transaction's rows are closed, the cluster decides, and only then is there a
// record. What has to be a record of its own before (rows of writers without the extension, schema changes)
// can't be one here: if this transaction were decided and then not committed, that record would be missing
// under it. Such a transaction is refused before anybody is asked.
#include "extension/database_capture.h"
#include "extension/positions.h"
#include "extension/schema_delta.h"

namespace murmel::extension {

Decision* DatabaseCapture::decision(Fault& fault) noexcept {
  if (decision_ == nullptr) decision_ = create<Decision>(db_, schema());
  if (decision_ == nullptr) fault.fail(SQLITE_NOMEM, "out of memory");
  return decision_;
}

int DatabaseCapture::level(CommitLevel chosen, CommitLevel* level, Fault& fault) noexcept {
  *level = chosen;
  if (chosen != CommitLevel::kDefault) return SQLITE_OK;
  if (decision(fault) == nullptr) return fault.code;
  const int rc = decision_->settings().refresh(db_, schema(), fault);
  *level = decision_->settings().level;
  return rc;
}

int DatabaseCapture::close_rows(bool look, Fault& fault) noexcept {
  int rc = look ? look_at_schema(fault) : SQLITE_OK;
  if (rc != SQLITE_OK || !enabled_) return rc;
  if (has_wide_) {
    if (wide_->others_waiting()) {
      return fault.fail(
          SQLITE_BUSY_SNAPSHOT,
          "not committed, begin the transaction again: rows written without the extension are not "
          "in the log yet");
    }
    rc = by_hook_ ? wide_->drop_own(fault) : wide_->take_own(buffer_, fault);
  }
  if (rc == SQLITE_OK) rc = read_blob_writes(fault);
  buffer_.close_chunk();
  return rc == SQLITE_OK && seen_cookie_ != logged_cookie_ ? refuse_schema_change(look, fault) : rc;
}

// The cookie may have moved without a change that concerns others.
int DatabaseCapture::refuse_schema_change(bool look, Fault& fault) noexcept {
  ChangeBuffer delta;
  int rc = append_schema_delta(db_, schema(), schema_steps(), quirks_.slots_count_virtual, delta, fault);
  if (rc != SQLITE_OK) return rc;
  // Rows that would have to be logged whole, or that speak of a definition in between, can't be decided
  // either.
  if (delta.empty() && !changed_again_ && awaiting_.empty()) {
    rc = store_schema(db_, schema(), fault);
    if (rc == SQLITE_OK) logged_cookie_ = seen_cookie_;
    schema_moved_ = true;
    return rc;
  }
  // A single statement that wrote rows has not changed the schema: that was somebody before.
  if (!look) {
    return fault.fail(SQLITE_BUSY_SNAPSHOT,
                      "not committed, begin the transaction again: a schema change is not in the log yet");
  }
  return fault.fail(
      SQLITE_ABORT,
      "not committed: the schema is changed at ONE only; SELECT murmel_consistency('one') before the "
      "transaction that changes it (or begin again, if the change was made before)");
}

int DatabaseCapture::decide(CommitLevel level, int timeout_ms, bool look, Fault& fault) noexcept {
  int rc = close_rows(look, fault);
  if (rc != SQLITE_OK || !enabled_) return rc;
  const std::size_t end = buffer_.chunk_count();
  if (decision(fault) == nullptr) return fault.code;
  if (decision_->decided().seq > 0) {
    if (decision_->holds(end, flushed_)) return SQLITE_OK;  // COMMIT again, after another one's refusal
    char id[kPositionTextMax];
    print_position(decision_->decided(), id);
    return fault.fail(SQLITE_IOERR_COMMIT_ATOMIC,
                      "transaction %s is committed, and the agent will write it; it can't go on here", id);
  }
  if (end == 0) return SQLITE_OK;
  rc = decision_->settings().refresh(db_, schema(), fault);
  if (rc != SQLITE_OK) return rc;
  const Decision::Request request{level, timeout_ms, seen_cookie_, wal_index_.change_counter(db_, schema())};
  bool away = false;
  rc = decision_->decide(request, buffer_, &away, fault);
  if (rc != SQLITE_OK) return rc;
  if (away) return flush(false, fault);
  flushed_ = end;
  last_payload_ = decision_->record_bytes();
  log_->forget_before(decision_->record_id());
  return SQLITE_OK;
}

}  // namespace murmel::extension
