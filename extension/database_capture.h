// DatabaseCapture: what one connection captures of one of its databases ("main", "aux" ...) in the current
// transaction: the rows so far, their position per savepoint, and what of it is in the log already.
//
//   join()                   first row of the transaction in this database
//   save_level / cut_back / release_level   savepoints; levels are SQLite's savepoint indexes
//   flush()                  writes what is not in the log yet; may be called again when COMMIT was refused
//   end()                    the transaction is over, one way or the other
//
// Order in the log: rows before the first schema change of the transaction, all its schema changes as one
// difference (with the rows of new tables), rows after the first one. Those that stand between two changes of
// their own table speak of columns that the difference does not know: they are left out, and such a table is
// logged whole at the end (database_schema.cc). Not thread-safe; belongs to one connection.
#pragma once

#include "extension/blob_writes.h"
#include "extension/capture_api.h"
#include "extension/change_buffer.h"
#include "extension/decision.h"
#include "extension/log_writer.h"
#include "extension/name_set.h"
#include "extension/quirks.h"
#include "extension/record_writer.h"
#include "extension/table_info.h"
#include "extension/wake.h"
#include "extension/wal_watch.h"
#include "extension/wide_rows.h"

namespace murmel::extension {

class DatabaseCapture {
 public:
  // `by_hook`: rows come from the preupdate hook; otherwise triggers put them into the wide table.
  DatabaseCapture(sqlite3* db, const Quirks& quirks, bool by_hook, Consistency& consistency)
      : db_(db), quirks_(quirks), by_hook_(by_hook), consistency_(consistency) {}
  // False when memory ran out. Call once, first.
  [[nodiscard]] bool init(const char* schema);
  ~DatabaseCapture() {
    destroy(log_);
    destroy(wide_);
    destroy(decision_);
  }
  DatabaseCapture(const DatabaseCapture&) = delete;
  DatabaseCapture& operator=(const DatabaseCapture&) = delete;

  const char* schema() const { return schema_.c_str(); }
  bool joined() const { return joined_; }
  // Whether the database has a log; known once joined.
  bool enabled() const { return enabled_; }
  bool utf8() const { return utf8_; }
  const Quirks& quirks() const { return quirks_; }
  RecordWriter& rows() { return rows_; }
  // Whether a blob handle wrote into the row and its new image has still to be taken.
  bool wrote_blob(const TableInfo& table, std::int64_t rowid) const {
    return blob_writes_.size() > 0 && blob_writes_.is_open(table.name.c_str(), rowid);
  }

  // `depth`: open savepoints, in which this database has no rows yet. `schema_may_have_moved`: see
  // look_at_schema.
  int join(std::size_t depth, bool schema_may_have_moved, Fault& fault) noexcept;
  // Reads the schema cookie; when it is another one, forgets the tables and finds out what is logged.
  int look_at_schema(Fault& fault) noexcept;
  // `name` as the hook got it: the address is tried first. nullptr on failure, with the reason in `fault`.
  TableInfo* find_table(const char* name, Fault& fault) noexcept {
    TableInfo* table = tables_.find_by_address(name);
    return table != nullptr ? table : find_table_slowly(name, fault);
  }

  bool save_level(std::size_t level, const Fault& fault) noexcept;
  // To the state at save_level(level); -1 is the start of the transaction.
  bool cut_back(int level, Fault& fault) noexcept;
  void release_level(std::size_t level) { levels_.shrink(level); }

  bool unflushed() const { return buffer_.chunk_count() > flushed_; }
  // Blob handle wrote into a row: its old image is in the buffer as a delete; the new one is read by flush().
  bool note_blob_write(const TableInfo& table, std::int64_t rowid, bool open, Fault& fault) noexcept;
  // Appends the row as it is now as an insert; nothing if there is none.
  int capture_current(TableInfo& table, std::int64_t rowid, Fault& fault) noexcept;
  // `look`: whether the schema cookie has to be read (DDL may have run).
  int flush(bool look, Fault& fault) noexcept;
  // The level that the transaction is to be committed at: `chosen`, or what the database asks for.
  // `changes_schema`: it may have changed the schema, which can ask for more.
  int level(CommitLevel chosen, bool changes_schema, CommitLevel* level, Fault& fault) noexcept;
  // Whether there is anything to be logged; known after look_at_schema().
  bool has_changes() const { return !buffer_.empty() || seen_cookie_ != logged_cookie_; }
  // Instead of flush(): has the transaction decided by the cluster first. Also when COMMIT is repeated.
  int decide(CommitLevel level, int timeout_ms, bool look, Fault& fault) noexcept;
  // Instead of both: gives the rows away (capture_api.h), for somebody else to write them.
  int hand_over(RowReceiver& receiver, std::size_t* from, Fault& fault) noexcept;
  // The part that asks the agent; nullptr when memory ran out.
  Decision* decision(Fault& fault) noexcept;
  // Where the last transaction that was committed here stands; origin 0: the local log. seq 0: there was
  // none.
  const LogPosition& committed() const { return committed_; }
  // After a flush that wrote: makes sqlite3_changes() say `n` again.
  int restore_changes(std::int64_t n, Fault& fault) noexcept {
    return log_->restore_changes(n, last_payload_, fault);
  }
  void end(bool committed) noexcept;
  void wake() noexcept { wake_.send(); }
  // Frees statements, so that the connection can be closed; they are prepared again when needed.
  void finalize() noexcept;

 private:
  struct Level {
    ChangeBuffer::Mark mark;
    LogWriter::Place place;
    std::size_t flushed;
    std::size_t boundary;
    std::size_t blob_writes;
    std::size_t blob_writes_read;
    WideRows::Place wide_others;
    bool faulted;
  };
  TableInfo* find_table_slowly(const char* name, Fault& fault) noexcept;
  bool is_another_file() noexcept;
  int look_for_log(Fault& fault) noexcept;
  int refresh_schema(std::int64_t cookie, Fault& fault) noexcept;
  // What goes into the log beside the rows of the transaction.
  struct WholeTables {
    ChangeBuffer delta;  // before the rows: the difference of the schemas, with the rows of new tables
    ChangeBuffer kept;   // the rows behind it, if not all of them hold any more
    ChangeBuffer again;  // behind the rows: tables that are dropped and made again
    NameSet names;       // whose rows are in delta or again
    bool changes_schema() const { return delta.chunk_count() + again.chunk_count() > 0; }
  };
  int flush_with_schema(Fault& fault) noexcept;
  int collect(WholeTables& whole, Decision::Payload& parts, Fault& fault) noexcept;
  int adopt_logged_schema(const WholeTables& whole, Fault& fault) noexcept;
  int log_awaiting(WholeTables& whole, Fault& fault) noexcept;
  int log_renamed(WholeTables& whole, Fault& fault) noexcept;
  int log_again(WholeTables& whole, const char* table, Fault& fault) noexcept;
  int keep_valid_rows(WholeTables& whole, std::size_t first, std::size_t last, ChangeBuffer& kept,
                      Fault& fault) noexcept;
  int begin_records(std::size_t n, Fault& fault) noexcept;
  // By how much the schema cookie grew since the schema was last logged; -1 when it never was.
  std::int64_t schema_steps() const { return logged_cookie_ < 0 ? -1 : seen_cookie_ - logged_cookie_; }
  int take_wide_rows(Fault& fault) noexcept;
  void read_settings_again() noexcept {
    consistency_.look_again();
    if (decision_ != nullptr) decision_->settings().expire();
  }
  int close_rows(bool look, Fault& fault) noexcept;
  bool decided_all() const {
    return buffer_.chunk_count() == flushed_ && flushed_ == decided_chunks_ && seen_cookie_ == logged_cookie_;
  }
  int read_blob_writes(Fault& fault) noexcept;
  int append_chunks(ChangeBuffer& from, std::size_t first, std::size_t last, Fault& fault) noexcept;

  static constexpr std::size_t kNoBoundary = SIZE_MAX;

  sqlite3* db_;
  const Quirks& quirks_;
  const bool by_hook_;
  Consistency& consistency_;
  Text schema_;
  TableCache tables_;
  NameSet awaiting_;            // tables whose rows were not captured because they are to be logged whole
  bool changed_again_ = false;  // rows may stand between two schema changes of this transaction
  ChangeBuffer buffer_;
  RecordWriter rows_{buffer_};
  LogWriter* log_ = nullptr;
  WideRows* wide_ = nullptr;
  Decision* decision_ = nullptr;  // from the first time that more than ONE may be wanted
  LogPosition committed_;
  Wake wake_;
  WalWatch wal_;
  Statement cookie_;

  sqlite3_file* file_ = nullptr;  // of an attached database, when it last took part; only compared
  Text path_;
  bool joined_ = false;
  bool enabled_ = false;
  bool utf8_ = true;
  bool has_wide_ = false;              // the database has capture triggers
  std::int64_t seen_cookie_ = -1;      // tables_ and enabled_ are as of this one
  std::int64_t logged_cookie_ = -1;    // __murmel_schema is as of this one
  std::int64_t boundary_cookie_ = -1;  // when it last moved behind the boundary
  bool schema_moved_ = false;          // one of the two was set in this transaction
  Vec<Level> levels_;
  BlobWrites blob_writes_;
  std::size_t blob_writes_read_ = 0;
  WideRows::Place start_wide_others_;
  std::size_t flushed_ = 0;             // chunks that are in the log
  std::size_t decided_chunks_ = 0;      // chunks of the decided transaction
  std::size_t boundary_ = kNoBoundary;  // first chunk after the transaction's schema change
  std::size_t left_ = 0;                // records still to come in this flush
  std::size_t last_payload_ = 0;
};

}  // namespace murmel::extension
