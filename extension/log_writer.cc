#include "extension/log_writer.h"

#include <cstring>
#include <ctime>

namespace murmel::extension {
namespace {

constexpr char kReadLast[] = "SELECT id, clock, local_seq FROM \"%w\".__murmel_log ORDER BY id DESC LIMIT 1";
constexpr char kInsert[] =
    "INSERT INTO \"%w\".__murmel_log(origin,seq,hlc,more,schema,ichange,clock,local_seq,depends,payload)"
    "VALUES(0,?1,?2,?3,?4,?5,?2,?1,NULL,?6)";
enum InsertParameter { kSeq = 1, kHlc, kMore, kCookie, kChangeCounter, kPayload };
constexpr char kRemove[] = "DELETE FROM \"%w\".__murmel_log WHERE id=?1";
constexpr char kContinueLast[] = "UPDATE \"%w\".__murmel_log SET more=1 WHERE id=?1";

// sqlite3_changes() can't be set, so a statement that really changes n rows has to run. Rewriting the record
// just written is the cheapest: its page is dirty already.
constexpr char kChangeTimes[] =
    "INSERT INTO \"%w\".__murmel_log(id,origin,seq,hlc,more,schema,clock,local_seq,payload) "
    "WITH RECURSIVE times(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM times LIMIT ?2) "
    "SELECT ?1,0,0,0,0,0,0,0,x'' FROM times WHERE true ON CONFLICT(id) DO UPDATE SET more=more";
constexpr char kChangeNone[] = "DELETE FROM \"%w\".__murmel_log WHERE id=-1";
constexpr std::int64_t kChangesMax = 100'000;
constexpr std::int64_t kRewriteBytesMax = std::int64_t{64} << 20;

std::int64_t wall_ms() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

std::int64_t stamp_above(std::int64_t last) noexcept {
  const std::int64_t wall = wall_ms() << 16;
  return wall > last ? wall : last + 1;
}

int LogWriter::prepare(Fault& fault) noexcept {
  if (insert_.prepared()) return SQLITE_OK;
  const int rc = read_last_.prepare(db_, fault, kPersistent, kReadLast, schema_);
  return rc == SQLITE_OK ? insert_.prepare(db_, fault, kPersistent, kInsert, schema_) : rc;
}

int LogWriter::read_last(Fault& fault) noexcept {
  const int rc = read_last_.step(fault);
  const bool found = rc == SQLITE_ROW;
  at_.id = found ? read_last_.integer(0) : 0;
  clock_ = found ? read_last_.integer(1) : 0;
  at_.seq = found ? read_last_.integer(2) : 0;
  read_last_.reset();
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int LogWriter::begin_transaction(std::uint32_t schema_cookie, std::int64_t ichange, Fault& fault) noexcept {
  int rc = prepare(fault);
  if (rc != SQLITE_OK) return rc;
  assumed_ = ichange >= 0 && ichange == known_at_ichange_;
  if (assumed_) {
    at_ = known_;
    clock_ = known_.hlc;
  } else {
    rc = read_last(fault);
    if (rc != SQLITE_OK) return rc;
  }
  at_.hlc = stamp_above(clock_);
  at_.began = true;
  cookie_ = schema_cookie;
  ichange_ = ichange;
  known_at_ichange_ = -1;
  return SQLITE_OK;
}

void LogWriter::bind_payload(const void* payload, std::size_t n) noexcept {
  if (n > sizeof small_payload_) {
    bound_payload_ = 0;
    sqlite3_bind_blob64(insert_.get(), kPayload, payload, n, SQLITE_STATIC);
    return;
  }
  std::memcpy(small_payload_, payload, n);
  if (n != bound_payload_) sqlite3_bind_blob64(insert_.get(), kPayload, small_payload_, n, SQLITE_STATIC);
  bound_payload_ = n;
}

// The id is left to SQLite, which takes the greatest and adds one: an append without a search.
int LogWriter::insert(const void* payload, std::size_t n, bool more) noexcept {
  insert_.bind(kSeq, at_.seq + 1);
  insert_.bind(kHlc, at_.hlc);
  // Bindings stay from the last time; each costs, and these two seldom change.
  if (bound_more_ != more || !bound_) insert_.bind(kMore, std::int64_t{more});
  if (bound_cookie_ != cookie_ || !bound_) insert_.bind(kCookie, cookie_);
  bound_more_ = more;
  bound_cookie_ = cookie_;
  bound_ = true;
  if (ichange_ < 0) {
    sqlite3_bind_null(insert_.get(), kChangeCounter);
  } else {
    insert_.bind(kChangeCounter, ichange_);
  }
  bind_payload(payload, n);
  const int rc = sqlite3_step(insert_.get());
  sqlite3_reset(insert_.get());
  if (rc != SQLITE_DONE) fault_of_insert_.fail_with(db_, rc, "can't write to the log");
  if (bound_payload_ == 0) sqlite3_bind_null(insert_.get(), kPayload);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

// The record got another id than the one after the last: the last row was another one than assumed.
int LogWriter::insert_again(const void* payload, std::size_t n, bool more, Fault& fault) noexcept {
  Statement remove;
  int rc = remove.prepare(db_, fault, 0, kRemove, schema_);
  if (rc != SQLITE_OK) return rc;
  remove.bind(1, sqlite3_last_insert_rowid(db_));
  rc = remove.run(fault);
  if (rc == SQLITE_OK) rc = read_last(fault);
  if (rc != SQLITE_OK) return rc;
  at_.hlc = stamp_above(clock_);
  return insert(payload, n, more);
}

int LogWriter::append(const void* payload, std::size_t n, bool more, Fault& fault) noexcept {
  int rc = insert(payload, n, more);
  if (rc == SQLITE_OK && assumed_ && sqlite3_last_insert_rowid(db_) != at_.id + 1) {
    rc = insert_again(payload, n, more, fault);
  }
  if (rc != SQLITE_OK) {
    if (!fault.set()) fault = fault_of_insert_;
    fault_of_insert_.clear();
    return fault.code;
  }
  assumed_ = false;
  at_.id = sqlite3_last_insert_rowid(db_);
  at_.seq++;
  return SQLITE_OK;
}

void LogWriter::end_transaction(bool committed) {
  known_at_ichange_ = committed && at_.began && ichange_ >= 0 ? ichange_ + 1 : -1;
  known_ = at_;
  at_.began = false;
}

int LogWriter::continue_last(Fault& fault) noexcept {
  Statement update;
  const int rc = update.prepare(db_, fault, 0, kContinueLast, schema_);
  if (rc != SQLITE_OK) return rc;
  update.bind(1, at_.id);
  return update.run(fault);
}

int LogWriter::restore_changes(std::int64_t n, std::size_t last_payload, Fault& fault) noexcept {
  if (n == 1 || n > kChangesMax || n * static_cast<std::int64_t>(last_payload) > kRewriteBytesMax) {
    return SQLITE_OK;
  }
  if (n == 0) return run_sql(db_, fault, kChangeNone, schema_);
  Statement change;
  const int rc = change.prepare(db_, fault, 0, kChangeTimes, schema_);
  if (rc != SQLITE_OK) return rc;
  change.bind(1, at_.id);
  change.bind(2, n);
  return change.run(fault);
}

void LogWriter::finalize() {
  read_last_.finalize_if_open(db_);
  insert_.finalize_if_open(db_);
  bound_ = false;
  bound_payload_ = 0;
}

}  // namespace murmel::extension
