// DatabaseCapture at QUORUM: the transaction's rows and schema changes are closed, the cluster decides, and
// only then is there a record. What has to be a record of its own before (rows of writers without the
// extension) can't be one here: if this transaction were decided and then not committed, that record would be
// missing under it. Such a transaction is refused before anybody is asked. A schema change that somebody else
// made before and nobody logged is decided along with this transaction: where it is here already, applying it
// changes nothing.
#include "extension/database_capture.h"
#include "extension/positions.h"
#include "extension/schema_delta.h"
#include "extension/schema_history.h"

namespace murmel::extension {

Decision* DatabaseCapture::decision(Fault& fault) noexcept {
  if (decision_ == nullptr) decision_ = create<Decision>(db_, schema());
  if (decision_ == nullptr) fault.fail(SQLITE_NOMEM, "out of memory");
  return decision_;
}

int DatabaseCapture::level(CommitLevel chosen, bool changes_schema, CommitLevel* level,
                           Fault& fault) noexcept {
  *level = chosen;
  if (chosen != CommitLevel::kDefault) return SQLITE_OK;
  if (decision(fault) == nullptr) return fault.code;
  int rc = decision_->settings().refresh(db_, schema(), fault);
  *level = decision_->settings().level;
  if (rc != SQLITE_OK || !changes_schema || !decision_->settings().schema_at_quorum) return rc;
  rc = look_at_schema(fault);
  if (*level == CommitLevel::kOne && seen_cookie_ != logged_cookie_) *level = CommitLevel::kQuorum;
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
  return rc;
}

int DatabaseCapture::decide(CommitLevel level, int timeout_ms, bool look, Fault& fault) noexcept {
  int rc = close_rows(look, fault);
  if (rc != SQLITE_OK || !enabled_) return rc;
  const std::size_t end = buffer_.chunk_count();
  if (decision(fault) == nullptr) return fault.code;
  if (decision_->decided().seq > 0) {
    if (decided_all()) return SQLITE_OK;  // COMMIT again, after another one's refusal
    char id[kPositionTextMax];
    print_position(decision_->decided(), id);
    return fault.fail(SQLITE_IOERR_COMMIT_ATOMIC,
                      "transaction %s is committed, and the agent will write it; it can't go on here", id);
  }
  WholeTables whole;
  Decision::Payload payload;
  rc = collect(whole, payload, fault);
  if (rc != SQLITE_OK) return rc;
  std::size_t chunks = 0;
  for (const Decision::Part& part : payload) chunks += part.last - part.first;
  if (chunks == 0) return SQLITE_OK;  // not worth a page
  rc = decision_->settings().refresh(db_, schema(), fault);
  if (rc != SQLITE_OK) return rc;
  const Decision::Request request{level, timeout_ms, seen_cookie_, wal_.begin_transaction(db_, schema())};
  bool away = false;
  rc = decision_->decide(request, payload, &away, fault);
  if (rc != SQLITE_OK) return rc;
  if (away) return flush(false, fault);
  flushed_ = decided_chunks_ = end;
  last_payload_ = decision_->record_bytes();
  awaiting_.clear();
  log_->forget_before(decision_->record_id());
  if (whole.changes_schema()) {
    const LogPosition& slot = decision_->decided();
    rc = note_schema_change(db_, schema(), slot.origin, decision_->decided_hlc(), slot.seq, fault);
  }
  if (rc == SQLITE_OK && seen_cookie_ != logged_cookie_) rc = adopt_logged_schema(whole, fault);
  return rc == SQLITE_OK ? SQLITE_OK : decision_->fail_decided(fault);
}

}  // namespace murmel::extension
