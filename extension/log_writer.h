// LogWriter: appends records of local transactions (origin 0) to one database's __murmel_log and keeps its
// running values. One per database file and connection; its statements are prepared once.
//
//   begin_transaction()  reads the last row: next id, next seq, a stamp above every stamp seen so far
//   append()             one record; all records of a transaction carry the same stamp
//   end_transaction()    remembers the running values if it was committed
//
// The last row is not read when the wal-index change counter says that nobody has committed since our last
// record. Should that ever be wrong, the record gets another id than expected, and the
// row is read after all.
//
// Must run inside the transaction it belongs to (xSync, or the agent's own write transaction).
// Not thread-safe; belongs to one connection.
#pragma once

#include "extension/fault.h"
#include "extension/memory.h"
#include "extension/statement.h"

namespace murmel::extension {

// A stamp for something new: above `last`, and not below the wall clock. As core::Hlc::next: 48 bits of
// milliseconds, 16 bits of counter.
std::int64_t stamp_above(std::int64_t last) noexcept;

class LogWriter {
 public:
  // `schema` must outlive this.
  LogWriter(sqlite3* db, const char* schema) : db_(db), schema_(schema) {}
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Reads the running values and takes the transaction's stamp. `ichange` < 0 is written as NULL.
  int begin_transaction(std::uint32_t schema_cookie, std::int64_t ichange, Fault& fault) noexcept;
  // Appends one record. `payload` must stay valid during the call. `more`: the transaction goes on.
  int append(const void* payload, std::size_t n, bool more, Fault& fault) noexcept;
  // The transaction goes on after all: sets `more` on the record appended last.
  int continue_last(Fault& fault) noexcept;
  // Makes sqlite3_changes() say `n`, after append() made it 1. At most kChangesMax; above it stays.
  int restore_changes(std::int64_t n, std::size_t last_payload, Fault& fault) noexcept;
  void end_transaction(bool committed);
  // The running values are not what they were: somebody else on this connection wrote to the log.
  void forget() { known_at_ichange_ = -1; }
  // The same; `id` is the last record, for restore_changes().
  void forget_before(std::int64_t id) {
    forget();
    at_.id = id;
  }
  bool began() const { return at_.began; }

  // Where the log stands within the transaction; goes back with a savepoint.
  struct Place {
    bool began = false;
    std::int64_t id = 0;   // last record
    std::int64_t seq = 0;  // last local record
    std::int64_t hlc = 0;  // the transaction's stamp
  };
  const Place& place() const { return at_; }
  void go_back(const Place& place) { at_ = place; }

  // Frees the statements (before the connection is closed); they are prepared again when needed.
  void finalize();

 private:
  int prepare(Fault& fault) noexcept;
  void bind_payload(const void* payload, std::size_t n) noexcept;
  int read_last(Fault& fault) noexcept;
  int insert(const void* payload, std::size_t n, bool more) noexcept;
  int insert_again(const void* payload, std::size_t n, bool more, Fault& fault) noexcept;

  sqlite3* db_;
  const char* schema_;
  Statement read_last_;
  Statement insert_;
  Place at_;
  Place known_;
  std::int64_t clock_ = 0;              // stamp of the last record before this transaction
  std::int64_t ichange_ = -1;           // before this transaction
  std::int64_t known_at_ichange_ = -1;  // at_ is true as long as this is the change counter
  bool bound_ = false;                  // the insert's bindings are as the next two say
  bool bound_more_ = false;
  std::int64_t bound_cookie_ = 0;
  Fault fault_of_insert_;
  std::size_t bound_payload_ = 0;  // bytes of small_payload_ that are bound; 0: it is not bound
  bool assumed_ = false;           // at_ was not read in this transaction
  std::int64_t cookie_ = 0;
  // Where the insert finds small payloads: as many bytes as last time need not be bound again.
  unsigned char small_payload_[512];
};

}  // namespace murmel::extension
