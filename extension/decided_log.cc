#include "extension/decided_log.h"

#include "extension/log_writer.h"
#include "extension/positions.h"
#include "extension/varint.h"
#include "schemas/commit_socket.h"

namespace murmel::extension {
namespace {

// Changes nothing, and fails where the record would.
constexpr char kProbe[] = "DELETE FROM \"%w\".__murmel_log WHERE id=-1";
constexpr char kLast[] = "SELECT clock, local_seq FROM \"%w\".__murmel_log ORDER BY id DESC LIMIT 1";
constexpr char kCursors[] = "SELECT origin, seq FROM \"%w\".__murmel_cursor ORDER BY origin";
constexpr char kInsert[] =
    "INSERT INTO \"%w\".__murmel_log(origin,seq,hlc,more,schema,ichange,clock,local_seq,depends,payload)"
    "VALUES(?1,?2,?3,0,?4,?5,max(?3,?6),?7,?8,?9)";
constexpr char kCursor[] =
    "INSERT INTO \"%w\".__murmel_cursor(origin,seq,hlc) VALUES(?1,?2,?3)"
    " ON CONFLICT(origin) DO UPDATE SET seq=excluded.seq, hlc=max(hlc,excluded.hlc)";

}  // namespace

int DecidedLog::prepare(Fault& fault) noexcept {
  if (cursor_.prepared()) return SQLITE_OK;
  int rc = probe_.prepare(db_, fault, kPersistent, kProbe, schema_);
  if (rc == SQLITE_OK) rc = last_.prepare(db_, fault, kPersistent, kLast, schema_);
  if (rc == SQLITE_OK) rc = cursors_.prepare(db_, fault, kPersistent, kCursors, schema_);
  if (rc == SQLITE_OK) rc = insert_.prepare(db_, fault, kPersistent, kInsert, schema_);
  return rc == SQLITE_OK ? cursor_.prepare(db_, fault, kPersistent, kCursor, schema_) : rc;
}

int DecidedLog::look(Fault& fault) noexcept {
  int rc = prepare(fault);
  if (rc == SQLITE_OK) rc = probe_.run(fault);
  if (rc != SQLITE_OK) return rc;
  rc = last_.step(fault);
  clock_ = rc == SQLITE_ROW ? last_.integer(0) : 0;
  local_seq_ = rc == SQLITE_ROW ? last_.integer(1) : 0;
  last_.reset();
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return rc;
  seen_.clear();
  bool ok = seen_.push({0, local_seq_});
  while ((rc = cursors_.step(fault)) == SQLITE_ROW) {
    ok = ok && seen_.push({static_cast<std::uint32_t>(cursors_.integer(0)), cursors_.integer(1)});
  }
  cursors_.reset();
  if (rc != SQLITE_DONE) return rc;
  if (!ok) return fault.fail(SQLITE_NOMEM, "out of memory");
  if (seen_.size() > commit_socket::kPositionsMax) {
    return fault.fail(SQLITE_TOOBIG,
                      "the database knows of more nodes than a transaction at QUORUM can name");
  }
  return SQLITE_OK;
}

std::int64_t DecidedLog::seen_of(std::uint32_t origin) const {
  for (const LogPosition& position : seen_) {
    if (position.origin == origin) return position.seq;
  }
  return 0;
}

std::int64_t DecidedLog::next_stamp() const {
  return stamp_above(clock_);
}

bool DecidedLog::add_dependency(std::uint32_t origin, std::int64_t seq) noexcept {
  if (seq == 0) return true;
  std::uint8_t bytes[2 * kVarintMax];
  std::uint8_t* end = write_varint(bytes, origin);
  end = write_varint(end, static_cast<std::uint64_t>(seq));
  return depends_.append(bytes, static_cast<std::size_t>(end - bytes));
}

// As store/depends_codec.h, in order of origins; as the agent tells it to others.
bool DecidedLog::encode_depends(std::uint32_t node) noexcept {
  bool local = false;
  bool ok = true;
  depends_.clear();
  for (std::size_t i = 1; i < seen_.size(); i++) {  // the first is the local log
    if (!local && seen_[i].origin > node) {
      ok = add_dependency(node, local_seq_);
      local = true;
    }
    ok = ok && add_dependency(seen_[i].origin, seen_[i].seq);
  }
  return ok && (local || add_dependency(node, local_seq_));
}

int DecidedLog::append(const Record& record, std::int64_t* id, Fault& fault) noexcept {
  enum Parameter { kOrigin = 1, kSeq, kHlc, kCookie, kChangeCounter, kClock, kLocalSeq, kDepends, kPayload };
  if (!encode_depends(record.slot.origin & ~kDecidedBit)) return fault.fail(SQLITE_NOMEM, "out of memory");
  insert_.bind(kOrigin, std::int64_t{record.slot.origin});
  insert_.bind(kSeq, record.slot.seq);
  insert_.bind(kHlc, record.hlc);
  insert_.bind(kCookie, std::int64_t{record.cookie});
  if (record.ichange < 0) {
    sqlite3_bind_null(insert_.get(), kChangeCounter);
  } else {
    insert_.bind(kChangeCounter, record.ichange);
  }
  insert_.bind(kClock, clock_);
  insert_.bind(kLocalSeq, local_seq_);
  // An empty blob needs an address, or it would be NULL.
  const void* depends = depends_.empty() ? static_cast<const void*>("") : depends_.data();
  sqlite3_bind_blob64(insert_.get(), kDepends, depends, depends_.size(), SQLITE_STATIC);
  sqlite3_bind_blob64(insert_.get(), kPayload, record.payload, record.size, SQLITE_STATIC);
  const int rc = insert_.run(fault);
  sqlite3_bind_null(insert_.get(), kPayload);
  if (rc != SQLITE_OK) return rc;
  *id = sqlite3_last_insert_rowid(db_);
  return move_cursor(record, fault);
}

int DecidedLog::move_cursor(const Record& record, Fault& fault) noexcept {
  cursor_.bind(1, std::int64_t{record.slot.origin});
  cursor_.bind(2, record.slot.seq);
  cursor_.bind(3, record.hlc);
  return cursor_.run(fault);
}

void DecidedLog::finalize() {
  probe_.finalize_if_open(db_);
  last_.finalize_if_open(db_);
  cursors_.finalize_if_open(db_);
  insert_.finalize_if_open(db_);
  cursor_.finalize_if_open(db_);
}

}  // namespace murmel::extension
