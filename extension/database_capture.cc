#include "extension/database_capture.h"

#include <strings.h>

#include "extension/schema_delta.h"
#include "extension/table_snapshot.h"

namespace murmel::extension {

bool DatabaseCapture::init(const char* schema) {
  if (!schema_.assign(schema)) return false;
  log_ = create<LogWriter>(db_, schema_.c_str());
  wide_ = create<WideRows>(db_, schema_.c_str());
  return log_ != nullptr && wide_ != nullptr;
}

int DatabaseCapture::join(std::size_t depth, bool schema_may_have_moved, Fault& fault) noexcept {
  joined_ = true;
  if (is_another_file()) {
    seen_cookie_ = -1;
    wal_.forget();
    log_->forget();
    read_settings_again();
  }
  const bool look = schema_may_have_moved || seen_cookie_ < 0;
  const int rc = look ? look_at_schema(fault) : SQLITE_OK;
  if (rc != SQLITE_OK) return rc;
  if (enabled_ && wake_.refresh(db_, schema())) read_settings_again();
  if (enabled_) wal_.begin_transaction(db_, schema());
  wide_->go_back({});
  if (has_wide_ && wide_->begin(fault) != SQLITE_OK) return fault.code;
  start_wide_others_ = wide_->others();
  boundary_ = seen_cookie_ != logged_cookie_ && enabled_ ? 0 : kNoBoundary;
  boundary_cookie_ = seen_cookie_;
  for (std::size_t level = 0; level < depth; level++) {
    if (!save_level(level, fault)) return fault.fail(SQLITE_NOMEM, "out of memory");
  }
  return SQLITE_OK;
}

// Under the name of an attached database there may be another file than last time, with the same cookie.
bool DatabaseCapture::is_another_file() noexcept {
  if (std::strcmp(schema(), "main") == 0) return false;
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db_, schema(), SQLITE_FCNTL_FILE_POINTER, &file);
  const char* path = sqlite3_db_filename(db_, schema());
  const bool in_memory = path == nullptr || *path == 0;  // can't be told apart
  const bool same =
      !in_memory && file == file_ && path_.c_str() != nullptr && std::strcmp(path, path_.c_str()) == 0;
  file_ = file;
  if (!same && !path_.assign(path)) file_ = nullptr;
  return !same;
}

int DatabaseCapture::look_at_schema(Fault& fault) noexcept {
  if (!cookie_.prepared()) {
    const int rc = cookie_.prepare(db_, fault, kPersistent, "PRAGMA \"%w\".schema_version", schema());
    if (rc != SQLITE_OK) return rc;
  }
  const int rc = cookie_.step(fault);
  const std::int64_t cookie = rc == SQLITE_ROW ? cookie_.integer(0) : -1;
  cookie_.reset();
  if (rc != SQLITE_ROW) return rc;
  return cookie == seen_cookie_ ? SQLITE_OK : refresh_schema(cookie, fault);
}

// A log that was there and is gone is a failure, not a database without one.
int DatabaseCapture::look_for_log(Fault& fault) noexcept {
  Statement objects;
  int rc = objects.prepare(db_, fault, 0,
                           "SELECT count(*), sum(name='__murmel_log'), sum(name='__murmel_dropped')"
                           " FROM \"%w\".sqlite_master"
                           " WHERE name IN('__murmel_log','__murmel_meta','__murmel_dropped')",
                           schema());
  if (rc == SQLITE_OK) rc = objects.step(fault);
  if (rc != SQLITE_ROW) return rc;
  enabled_ = objects.integer(1) != 0;
  if (objects.integer(2) != 0) {
    return fault.fail(
        SQLITE_READONLY,
        "database %s was dropped for the whole cluster; what is written here would be nowhere else",
        schema());
  }
  if (enabled_ || objects.integer(0) == 0) return SQLITE_OK;
  return fault.fail(SQLITE_CORRUPT,
                    "the log table of database %s is missing, so its changes would be lost; "
                    "SELECT murmel_disable() removes what is left",
                    schema());
}

int DatabaseCapture::refresh_schema(std::int64_t cookie, Fault& fault) noexcept {
  const bool again = boundary_ != kNoBoundary && cookie != boundary_cookie_;
  changed_again_ = changed_again_ || again;
  boundary_cookie_ = cookie;
  tables_.forget_all();
  // Tables are described again from here on, in a new record, so that a reader sees the change between them.
  buffer_.close_chunk();
  if (boundary_ == kNoBoundary) boundary_ = buffer_.chunk_count();

  int rc = look_for_log(fault);
  if (rc != SQLITE_OK) return rc;
  Statement statement;
  rc = statement.prepare(db_, fault, 0, "PRAGMA \"%w\".encoding", schema());
  if (rc == SQLITE_OK) rc = statement.step(fault);
  if (rc != SQLITE_ROW) return rc;
  utf8_ = statement.text(0) != nullptr && strcasecmp(statement.text(0), "UTF-8") == 0;
  statement.finalize();

  logged_cookie_ = -1;
  if (enabled_) rc = read_logged_cookie(db_, schema(), &logged_cookie_, fault);
  has_wide_ = false;
  if (enabled_ && rc == SQLITE_OK) rc = wide_->look(&has_wide_, fault);
  if (enabled_ && rc != SQLITE_OK) return rc;
  seen_cookie_ = cookie;
  schema_moved_ = true;
  return SQLITE_OK;
}

TableInfo* DatabaseCapture::find_table_slowly(const char* name, Fault& fault) noexcept {
  // An unknown address: a new table, or the schema was read again, perhaps because it changed.
  if (look_at_schema(fault) != SQLITE_OK) return nullptr;
  TableInfo* table = tables_.find_by_name(name);
  if (table != nullptr) return table;
  table = create<TableInfo>();
  if (table == nullptr) {
    fault.fail(SQLITE_NOMEM, "out of memory");
    return nullptr;
  }
  int rc = load_table(db_, schema(), name, quirks_.slots_count_virtual, *table, fault);
  if (rc == SQLITE_NOTFOUND) rc = fault.fail(SQLITE_ERROR, "table %s is not in the schema", name);
  if (rc == SQLITE_OK && table->captured() && seen_cookie_ != logged_cookie_) {
    bool awaits = false;
    rc = awaits_snapshot(db_, schema(), name, schema_steps(), &awaits, fault);
    if (awaits) table->skip = Skip::kNotLogged;
    if (awaits && !awaiting_.add(name)) rc = SQLITE_NOMEM;
  }
  table->hook_name = name;
  if (rc == SQLITE_OK && tables_.add(table)) return table;
  fault.fail(SQLITE_NOMEM, "out of memory");
  destroy(table);
  return nullptr;
}

bool DatabaseCapture::save_level(std::size_t level, const Fault& fault) noexcept {
  levels_.shrink(level);
  const Level now{buffer_.mark(),      log_->place(),     flushed_,        boundary_,
                  blob_writes_.size(), blob_writes_read_, wide_->others(), fault.set()};
  while (levels_.size() <= level) {
    if (!levels_.push(now)) return false;
  }
  return true;
}

bool DatabaseCapture::cut_back(int level, Fault& fault) noexcept {
  const auto kept = static_cast<std::size_t>(level) + 1;
  const bool saved = kept > 0 && kept <= levels_.size();
  const Level to = saved ? levels_[kept - 1] : Level{{}, {}, 0, kNoBoundary, 0, 0, start_wide_others_, false};
  levels_.shrink(kept);
  if (schema_moved_) seen_cookie_ = -1;  // may have been undone; the cookie's number may come again
  log_->go_back(to.place);
  flushed_ = to.flushed;
  boundary_ = to.boundary;
  blob_writes_.cut_back(to.blob_writes);
  blob_writes_read_ = to.blob_writes_read;
  wide_->go_back(to.wide_others);
  if (!to.faulted) fault.clear();  // what could not be captured has been undone
  return buffer_.cut_back(to.mark, &tables_, fault);
}

bool DatabaseCapture::note_blob_write(const TableInfo& table, std::int64_t rowid, bool open,
                                      Fault& fault) noexcept {
  if (blob_writes_.note(table.name.c_str(), rowid, open)) return true;
  fault.fail(SQLITE_NOMEM, "out of memory");
  return false;
}

// Rows of writers without the extension become a record of their own, before this transaction's.
int DatabaseCapture::take_wide_rows(Fault& fault) noexcept {
  if (!has_wide_) return SQLITE_OK;
  const int rc = wide_->others_waiting() ? log_wide_rows_of_others(db_, schema(), *wide_, fault) : SQLITE_OK;
  log_->forget();
  if (rc != SQLITE_OK) return rc;
  if (by_hook_) return wide_->drop_own(fault);
  boundary_ = kNoBoundary;  // they speak of the schema that was logged last, so they come before its change
  return wide_->take_own(buffer_, fault);
}

int DatabaseCapture::capture_current(TableInfo& table, std::int64_t rowid, Fault& fault) noexcept {
  sqlite3_stmt* row = nullptr;
  int rc = prepare_row_select(db_, schema(), table, false, true, &row, fault);
  if (rc != SQLITE_OK) return rc;
  sqlite3_bind_int64(row, 1, rowid);
  rc = sqlite3_step(row);
  if (rc == SQLITE_ROW) {
    rows_.begin_row(row_stream::kInsert, table, rowid);
    for (std::size_t i = 0; i < table.columns.size(); i++) {
      rows_.put_value(sqlite3_column_value(row, static_cast<int>(i)), table.columns[i].real, false);
    }
    rows_.end_row(fault);
  } else if (rc != SQLITE_DONE) {
    fault.fail_with(db_, rc, "can't read a row that was written");
  }
  sqlite3_finalize(row);
  return fault.set() ? fault.code : SQLITE_OK;
}

int DatabaseCapture::read_blob_writes(Fault& fault) noexcept {
  for (; blob_writes_read_ < blob_writes_.size(); blob_writes_read_++) {
    const BlobWrites::Row& written = blob_writes_[blob_writes_read_];
    if (!blob_writes_.is_last_open(blob_writes_read_)) continue;
    TableInfo* table = find_table(written.table, fault);
    if (table == nullptr) return fault.code;
    if (!table->captured()) continue;
    const int rc = capture_current(*table, written.rowid, fault);  // nothing if it was deleted afterwards
    if (rc != SQLITE_OK) return rc;
  }
  return SQLITE_OK;
}

int DatabaseCapture::append_chunks(ChangeBuffer& from, std::size_t first, std::size_t last,
                                   Fault& fault) noexcept {
  for (std::size_t i = first; i < last; i++) {
    const std::uint8_t* payload = nullptr;
    std::size_t size = 0;
    if (!from.payload(i, &payload, &size, fault)) return fault.code;
    left_--;
    const int rc = log_->append(payload, size, left_ > 0, fault);
    if (rc != SQLITE_OK) return rc;
    last_payload_ = size;
  }
  return SQLITE_OK;
}

int DatabaseCapture::flush(bool look, Fault& fault) noexcept {
  int rc = look ? look_at_schema(fault) : SQLITE_OK;
  if (rc == SQLITE_OK && !enabled_) return SQLITE_OK;
  if (rc == SQLITE_OK) rc = take_wide_rows(fault);
  if (rc == SQLITE_OK) rc = read_blob_writes(fault);
  buffer_.close_chunk();
  if (rc != SQLITE_OK) return rc;
  if (seen_cookie_ != logged_cookie_ || changed_again_) return flush_with_schema(fault);

  const std::size_t end = buffer_.chunk_count();
  rc = begin_records(end - flushed_, fault);
  if (rc == SQLITE_OK) rc = append_chunks(buffer_, flushed_, end, fault);
  if (rc == SQLITE_OK) flushed_ = end;
  return rc;
}

int DatabaseCapture::begin_records(std::size_t n, Fault& fault) noexcept {
  left_ = n;
  if (n == 0) return SQLITE_OK;
  if (log_->began()) return log_->continue_last(fault);
  const auto cookie = static_cast<std::uint32_t>(seen_cookie_);
  return log_->begin_transaction(cookie, wal_.begin_transaction(db_, schema()), fault);
}

void DatabaseCapture::end(bool committed) noexcept {
  if (!joined_) return;
  joined_ = false;
  if (schema_moved_ && !committed) seen_cookie_ = -1;
  schema_moved_ = false;
  buffer_.clear();
  if (committed && log_->began()) committed_ = {0, log_->place().seq};
  if (decision_ != nullptr) {
    if (committed && decision_->decided().seq > 0) committed_ = decision_->decided();
    decision_->end_transaction();
  }
  awaiting_.clear();
  changed_again_ = false;
  log_->end_transaction(committed);
  wal_.end_transaction();
  levels_.clear();
  blob_writes_.cut_back(0);
  blob_writes_read_ = 0;
  flushed_ = 0;
  boundary_ = kNoBoundary;
}

void DatabaseCapture::finalize() noexcept {
  cookie_.finalize_if_open(db_);
  wake_.finalize(db_);
  wide_->finalize();
  log_->finalize();
  if (decision_ != nullptr) decision_->finalize();
}

}  // namespace murmel::extension
