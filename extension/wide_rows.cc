#include "extension/wide_rows.h"

#include "extension/evictions.h"

namespace murmel::extension {
namespace {

enum WideColumn { kId, kShape, kOp, kRid };
static_assert(kRid + 1 == kWideFixedColumns);

class MutexHold {
 public:
  explicit MutexHold(sqlite3* db) : mutex_(sqlite3_db_mutex(db)) { sqlite3_mutex_enter(mutex_); }
  ~MutexHold() { sqlite3_mutex_leave(mutex_); }
  MutexHold(const MutexHold&) = delete;
  MutexHold& operator=(const MutexHold&) = delete;

 private:
  sqlite3_mutex* mutex_;
};

struct Shapes {
  Shapes() = default;
  ~Shapes() {
    for (Shape* shape : all) destroy(shape);
  }
  Shapes(const Shapes&) = delete;
  Shapes& operator=(const Shapes&) = delete;

  Vec<Shape*> all;
};

// Turns the rows of one transaction, in the order of their ids, into items.
class Conversion {
 public:
  Conversion(sqlite3* db, const char* schema, ChangeBuffer& out)
      : db_(db), schema_(schema), writer_(out), evictions_(writer_) {}
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;

  int row(sqlite3_stmt* row, Fault& fault) {
    Shape* shape = find_shape(sqlite3_column_int64(row, kShape), fault);
    if (shape == nullptr) return fault.code;
    const int op = sqlite3_column_int(row, kOp);
    const int images = op == static_cast<int>(WideOp::kUpdate) ? 2 : 1;
    if (sqlite3_column_count(row) < kWideFixedColumns + images * shape->columns) {
      return fault.fail(SQLITE_CORRUPT, "table __murmel_wide is too narrow");
    }
    const std::int64_t rowid = sqlite3_column_int64(row, kRid);
    const WideImage first{row, kWideFixedColumns};
    switch (static_cast<WideOp>(op)) {
      case WideOp::kInsert: return insert(*shape, rowid, first, fault);
      case WideOp::kUpdate:
        return update(*shape, rowid, first, {row, kWideFixedColumns + shape->columns}, fault);
      case WideOp::kDelete: return remove(*shape, rowid, first, fault);
      case WideOp::kCandidate: return evictions_.add_candidate(*shape, rowid, first, fault);
    }
    return fault.fail(SQLITE_CORRUPT, "table __murmel_wide holds an unknown operation");
  }

 private:
  void put(const Shape& shape, WideImage image) {
    for (int i = 0; i < shape.columns; i++) writer_.put_value(image.value(i), false, false);
  }

  int insert(Shape& shape, std::int64_t rowid, WideImage image, Fault& fault) {
    const int rc = evictions_.before_write(shape, image, fault);
    if (rc != SQLITE_OK) return rc;
    writer_.begin_row(row_stream::kInsert, shape.table, rowid);
    put(shape, image);
    return writer_.end_row(fault);
  }

  int update(Shape& shape, std::int64_t rowid, WideImage before, WideImage after, Fault& fault) {
    const int rc = evictions_.updated(shape, rowid, before, after, fault);
    if (rc != SQLITE_OK) return rc;
    writer_.begin_row(row_stream::kUpdate, shape.table, rowid);
    places_.clear();
    for (int i = 0; i < shape.columns; i++) {
      if (!places_.push(writer_.place())) {
        writer_.drop_row();
        return fault.fail(SQLITE_NOMEM, "out of memory");
      }
      writer_.put_value(before.value(i), false, false);
    }
    for (int i = 0; i < shape.columns; i++) {
      writer_.put_changed(after.value(i), false, false, places_[static_cast<std::size_t>(i)]);
    }
    return writer_.end_row(fault);
  }

  int remove(Shape& shape, std::int64_t rowid, WideImage image, Fault& fault) {
    evictions_.deleted(shape, rowid, image);
    writer_.begin_row(row_stream::kDelete, shape.table, rowid);
    put(shape, image);
    return writer_.end_row(fault);
  }

  Shape* find_shape(std::int64_t id, Fault& fault) {
    if (last_ != nullptr && last_->id == id) return last_;
    for (Shape* shape : shapes_.all) {
      if (shape->id == id) return last_ = shape;
    }
    Shape* shape = create<Shape>();
    if (shape == nullptr || !shapes_.all.push(shape)) {
      destroy(shape);
      fault.fail(SQLITE_NOMEM, "out of memory");
      return nullptr;
    }
    const int rc = load_shape(db_, schema_, id, *shape, fault);
    if (rc == SQLITE_NOTFOUND) fault.fail(SQLITE_CORRUPT, "table __murmel_wide names an unknown table shape");
    return rc == SQLITE_OK ? last_ = shape : nullptr;
  }

  sqlite3* db_;
  const char* schema_;
  Shapes shapes_;  // before evictions_, which refer to them until they end
  Shape* last_ = nullptr;
  RecordWriter writer_;
  Evictions evictions_;
  Vec<std::size_t> places_;  // of the old values of the update being written
};

constexpr std::int64_t kAll = INT64_MAX;

}  // namespace

int WideRows::look(bool* present, Fault& fault) noexcept {
  Statement statement;
  int rc = statement.prepare(
      rows_.db, fault, 0,
      "SELECT 1 FROM \"%w\".sqlite_master WHERE type = 'table' AND name = '__murmel_wide'", schema_);
  if (rc == SQLITE_OK) rc = statement.step(fault);
  *present = rc == SQLITE_ROW;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int WideRows::begin(Fault& fault) noexcept {
  others_ = {};
  const int rc = greatest(rows_, &others_.rows, fault);
  return rc == SQLITE_OK ? greatest(content_, &others_.content, fault) : rc;
}

int WideRows::greatest(Part& part, std::int64_t* id, Fault& fault) {
  if (!part.last.prepared()) {
    const int rc = part.last.prepare(part.db, fault, kPersistent,
                                     "SELECT coalesce(max(id), 0) FROM \"%w\".\"%w\"", schema_, part.name);
    if (rc != SQLITE_OK) return rc;
  }
  const int rc = part.last.step(fault);
  if (rc == SQLITE_ROW) *id = part.last.integer(0);
  part.last.reset();
  return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int WideRows::take_others(ChangeBuffer& out, Fault& fault) noexcept {
  int rc = others_.rows == 0 ? SQLITE_OK : take(rows_, {0, others_.rows}, out, fault);
  if (rc == SQLITE_OK && others_.content > 0) rc = take(content_, {0, others_.content}, out, fault);
  if (rc == SQLITE_OK) others_ = {};
  return rc;
}

int WideRows::take_own(ChangeBuffer& out, Fault& fault) noexcept {
  const int rc = take(rows_, {others_.rows, kAll}, out, fault);
  return rc == SQLITE_OK ? take(content_, {others_.content, kAll}, out, fault) : rc;
}

int WideRows::drop_own(Fault& fault) noexcept {
  const int rc = remove(rows_, {others_.rows, kAll}, fault);
  return rc == SQLITE_OK ? remove(content_, {others_.content, kAll}, fault) : rc;
}

int WideRows::take(Part& part, Span span, ChangeBuffer& out, Fault& fault) {
  int rc = SQLITE_OK;
  if (!part.read.prepared()) {
    rc = part.read.prepare(part.db, fault, kPersistent,
                           "SELECT * FROM \"%w\".\"%w\" WHERE id > ?1 AND id <= ?2 ORDER BY id", schema_,
                           part.name);
    if (rc != SQLITE_OK) return rc;
  }
  part.read.bind(1, span.after);
  part.read.bind(2, span.up_to);
  const ChangeBuffer::Mark start = out.mark();
  bool any = false;
  {
    // The values of a result row may only be used while nobody else can use the connection.
    const MutexHold hold(part.db);
    Conversion conversion(part.db, schema_, out);
    while ((rc = part.read.step(fault)) == SQLITE_ROW) {
      any = true;
      rc = conversion.row(part.read.get(), fault);
      if (rc != SQLITE_OK) break;
    }
  }
  part.read.reset();
  if (rc == SQLITE_DONE) rc = any ? remove(part, span, fault) : SQLITE_OK;
  if (rc == SQLITE_OK) return SQLITE_OK;
  Fault ignored;  // what failed first is what is told
  out.cut_back(start, nullptr, ignored);
  return rc;
}

int WideRows::remove(Part& part, Span span, Fault& fault) {
  if (!part.remove.prepared()) {
    const int rc =
        part.remove.prepare(part.db, fault, kPersistent,
                            "DELETE FROM \"%w\".\"%w\" WHERE id > ?1 AND id <= ?2", schema_, part.name);
    if (rc != SQLITE_OK) return rc;
  }
  part.remove.bind(1, span.after);
  part.remove.bind(2, span.up_to);
  return part.remove.run(fault);
}

void WideRows::finalize() {
  Part* const parts[] = {&rows_, &content_};
  for (Part* part : parts) {
    part->last.finalize_if_open(part->db);
    part->read.finalize_if_open(part->db);
    part->remove.finalize_if_open(part->db);
  }
}

}  // namespace murmel::extension
