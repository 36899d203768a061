// LogWriter: appends records of local transactions (origin 0) to one database's __murmel_log and keeps its
// running values. One per database file and connection; its statements are prepared once.
//
//   begin_transaction()  reads the last row: next id, next seq, the stamp above every stamp seen so far
//   append()             one record; all records of a transaction carry the same stamp
//   end_transaction()    forgets the running values, they are read again next time
//
// Must run inside the transaction it belongs to (xSync, or the agent's own write transaction).
// Not thread-safe; belongs to one connection.
#pragma once

#include "extension/fault.h"
#include "extension/memory.h"

namespace murmel::extension {

class LogWriter {
 public:
  LogWriter(sqlite3* db, const char* schema);
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Reads the running values and takes the transaction's stamp. `ichange` < 0 is written as NULL.
  int begin_transaction(std::uint32_t schema_cookie, std::int64_t ichange, Fault& fault);
  // Appends one record. `payload` must stay valid during the call. `more`: the transaction goes on.
  int append(const void* payload, std::size_t n, bool more, Fault& fault);
  // The transaction goes on after all: sets `more` on the record appended last.
  int continue_last(Fault& fault);
  void end_transaction() { began_ = false; }
  bool began() const { return began_; }
  std::int64_t last_id() const { return id_; }
  std::int64_t hlc() const { return hlc_; }

  // Frees the statements (before the connection is closed); they are prepared again when needed.
  void finalize();

 private:
  int prepare(Fault& fault);

  sqlite3* db_;
  Text schema_;
  sqlite3_stmt* read_last_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  bool began_ = false;
  std::int64_t id_ = 0;
  std::int64_t seq_ = 0;
  std::int64_t hlc_ = 0;
  std::int64_t ichange_ = -1;
  std::uint32_t cookie_ = 0;
};

}  // namespace murmel::extension
