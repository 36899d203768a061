// Makes the triggers of a database what its settings ask for (capture_api.h: install_triggers,
// remove_triggers).
//
//   __murmel_meta mode = 'trigger' or out_of_band = 'capture'   capture triggers on every captured table
//   out_of_band = 'refuse'                                      guards on every captured table
//
// Only what differs is touched, so that calling it again costs reading and moves no schema cookie.
#include "extension/capture_api.h"
#include "extension/schema_delta.h"
#include "extension/statement.h"
#include "extension/transaction.h"
#include "extension/trigger_sql.h"

namespace murmel::extension {
namespace {

struct Wanted {
  bool capture = false;
  bool guard = false;
};

int read_settings(sqlite3* db, const char* schema, Wanted* wanted, Fault& fault) {
  Statement meta;
  int rc = meta.prepare(
      db, fault, 0,
      "SELECT coalesce(max(key = 'mode' AND value = 'trigger' OR key = 'out_of_band' AND value = "
      "'capture'), 0), coalesce(max(key = 'out_of_band' AND value = 'refuse'), 0) FROM "
      "\"%w\".__murmel_meta WHERE key IN ('mode', 'out_of_band')",
      schema);
  if (rc == SQLITE_OK) rc = meta.step(fault);
  if (rc != SQLITE_ROW) return rc;
  *wanted = {meta.integer(0) != 0, meta.integer(1) != 0};
  return SQLITE_OK;
}

int execute(sqlite3* db, const char* sql, Fault& fault) {
  const int rc = sqlite3_exec(db, sql, nullptr, nullptr, nullptr);
  return rc == SQLITE_OK ? SQLITE_OK : fault.fail_with(db, rc, "can't change the capture triggers");
}

// `sql` is as SQLite stores it; the database's name goes in after CREATE TRIGGER.
int create_trigger(sqlite3* db, const char* schema, const char* sql, Fault& fault) {
  constexpr std::size_t kHead = sizeof "CREATE TRIGGER " - 1;
  char* text = sqlite3_mprintf("CREATE TRIGGER \"%w\".%s", schema, sql + kHead);
  if (text == nullptr) return fault.fail(SQLITE_NOMEM, "out of memory");
  const int rc = execute(db, text, fault);
  sqlite3_free(text);
  return rc;
}

// Drops our triggers; those of one table, or all (`table` nullptr).
int drop_triggers(sqlite3* db, const char* schema, const char* table, Fault& fault) {
  for (;;) {
    Statement ours;
    int rc = ours.prepare(
        db, fault, 0,
        "SELECT name FROM \"%w\".sqlite_master WHERE type = 'trigger' AND name LIKE '\\_\\_murmel\\_%%' "
        "ESCAPE '\\' AND (?1 IS NULL OR tbl_name = ?1 COLLATE NOCASE) LIMIT 1",
        schema);
    if (rc != SQLITE_OK) return rc;
    ours.bind(1, table);
    rc = ours.step(fault);
    if (rc == SQLITE_DONE) return SQLITE_OK;
    if (rc != SQLITE_ROW) return rc;
    char* sql = sqlite3_mprintf("DROP TRIGGER \"%w\".\"%w\"", schema, ours.text(0));
    if (sql == nullptr) return fault.fail(SQLITE_NOMEM, "out of memory");
    ours.finalize();
    rc = execute(db, sql, fault);
    sqlite3_free(sql);
    if (rc != SQLITE_OK) return rc;
  }
}

// The texts of one table's triggers, oldest first.
class TriggerTexts {
 public:
  TriggerTexts() = default;
  ~TriggerTexts() {
    for (char* text : texts_) sqlite3_free(text);
  }
  TriggerTexts(const TriggerTexts&) = delete;
  TriggerTexts& operator=(const TriggerTexts&) = delete;

  int add(char* text, Fault& fault) {
    if (text != nullptr && *text == 0) {
      sqlite3_free(text);
      return SQLITE_OK;
    }
    if (text != nullptr && texts_.push(text)) return SQLITE_OK;
    sqlite3_free(text);
    return fault.fail(SQLITE_NOMEM, "out of memory");
  }
  std::size_t size() const { return texts_.size(); }
  const char* operator[](std::size_t i) const { return texts_[i]; }

 private:
  Vec<char*> texts_;
};

class Installer {
 public:
  Installer(sqlite3* db, const char* schema, Wanted wanted) : db_(db), schema_(schema), wanted_(wanted) {}

  int run(Fault& fault) {
    int rc = wanted_.capture ? create_tables(fault) : SQLITE_OK;
    Statement tables;
    if (rc == SQLITE_OK) {
      rc = tables.prepare(
          db_, fault, 0,
          "SELECT name, rowid FROM \"%w\".sqlite_master WHERE type = 'table' AND rootpage > 0"
          " AND name NOT LIKE 'sqlite\\_%%' ESCAPE '\\' AND name NOT LIKE '\\_\\_murmel\\_%%' ESCAPE '\\'",
          schema_);
    }
    Vec<std::int64_t> entries;  // creating triggers while the statement runs would add to what it reads
    while (rc == SQLITE_OK && (rc = tables.step(fault)) == SQLITE_ROW) {
      rc = entries.push(tables.integer(1)) ? SQLITE_OK : fault.fail(SQLITE_NOMEM, "out of memory");
    }
    tables.finalize();
    if (rc != SQLITE_DONE) return rc;
    for (const std::int64_t entry : entries) {
      rc = table(entry, fault);
      if (rc != SQLITE_OK) return rc;
    }
    return wanted_.capture ? forget_old_shapes(fault) : SQLITE_OK;
  }

 private:
  int create_tables(Fault& fault) {
    int rc = run_sql(db_, fault, kCreateShape, schema_);
    for (const char* table : kWideTables) {
      if (rc == SQLITE_OK) rc = run_sql(db_, fault, kCreateWide, schema_, table);
    }
    return rc;
  }

  int table(std::int64_t entry, Fault& fault) {
    Statement name;
    int rc = name.prepare(db_, fault, 0, "SELECT name FROM \"%w\".sqlite_master WHERE rowid = ?1", schema_);
    if (rc != SQLITE_OK) return rc;
    name.bind(1, entry);
    rc = name.step(fault);
    if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_OK : rc;
    Shape shape;
    rc = read_shape(db_, schema_, name.text(0), shape, fault);
    if (rc != SQLITE_OK) return rc;
    name.finalize();
    if (!shape.table.captured()) return SQLITE_OK;
    rc = wanted_.capture ? widen(shape.columns, fault) : SQLITE_OK;
    if (rc == SQLITE_OK && wanted_.capture) rc = find_shape(db_, schema_, shape, fault);
    if (rc != SQLITE_OK) return rc;
    bool same = false;
    rc = compare(shape, entry, &same, fault);
    return rc != SQLITE_OK || same ? rc : replace(shape, entry, fault);
  }

  // Room for two images of a row with this many columns.
  int widen(int columns, Fault& fault) {
    const int wanted = 2 * columns <= kWideValuesMax ? 2 * columns : columns;
    while (width_ < wanted) {
      if (width_ < 0) {
        Statement count;
        int rc = count.prepare(db_, fault, 0, "SELECT count(*) FROM pragma_table_info('__murmel_wide', '%q')",
                               schema_);
        if (rc == SQLITE_OK) rc = count.step(fault);
        if (rc != SQLITE_ROW) return rc;
        width_ = static_cast<int>(count.integer(0)) - kWideFixedColumns;
        continue;
      }
      for (const char* table : kWideTables) {
        char* sql = sqlite3_mprintf("ALTER TABLE \"%w\".\"%w\" ADD COLUMN v%d", schema_, table, width_);
        if (sql == nullptr) return fault.fail(SQLITE_NOMEM, "out of memory");
        const int rc = execute(db_, sql, fault);
        sqlite3_free(sql);
        if (rc != SQLITE_OK) return rc;
      }
      width_++;
    }
    return SQLITE_OK;
  }

  int texts(const Shape& shape, std::int64_t entry, TriggerTexts& out, Fault& fault) {
    const char* table = shape.table.name.c_str();
    int rc = SQLITE_OK;
    if (wanted_.capture) {
      const char* rowid = free_rowid_name(db_, schema_, table, fault);
      if (fault.set()) return fault.code;
      for (const TriggerKind kind : kTriggerKinds) {
        if (rc == SQLITE_OK) rc = out.add(trigger_sql(shape, kind, table, rowid), fault);
      }
    }
    if (wanted_.guard) {
      for (const GuardKind kind : kGuardKinds) {
        if (rc == SQLITE_OK) rc = out.add(guard_sql(entry, kind, table), fault);
      }
    }
    return rc;
  }

  // Whether the youngest triggers of the table are exactly those that are wanted, and no other of ours is
  // there.
  int compare(const Shape& shape, std::int64_t entry, bool* same, Fault& fault) {
    TriggerTexts wanted;
    int rc = texts(shape, entry, wanted, fault);
    if (rc != SQLITE_OK) return rc;
    Statement present;
    rc = present.prepare(
        db_, fault, 0,
        "SELECT sql, name LIKE '\\_\\_murmel\\_%%' ESCAPE '\\' FROM \"%w\".sqlite_master WHERE type = "
        "'trigger' AND tbl_name = ?1 COLLATE NOCASE ORDER BY rowid DESC",
        schema_);
    if (rc != SQLITE_OK) return rc;
    present.bind(1, shape.table.name.c_str());
    std::size_t left = wanted.size();
    *same = true;
    while ((rc = present.step(fault)) == SQLITE_ROW) {
      const bool ours = present.integer(1) != 0;
      if (left == 0 && !ours) continue;
      if (left == 0 || present.text(0) == nullptr || std::strcmp(wanted[left - 1], present.text(0)) != 0)
        *same = false;
      if (left > 0) left--;
    }
    if (left > 0) *same = false;
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
  }

  int replace(Shape& shape, std::int64_t entry, Fault& fault) {
    int rc = drop_triggers(db_, schema_, shape.table.name.c_str(), fault);
    if (rc == SQLITE_OK && wanted_.capture) rc = store_shape(db_, schema_, shape, fault);
    if (rc != SQLITE_OK) return rc;
    TriggerTexts wanted;
    rc = texts(shape, entry, wanted, fault);
    for (std::size_t i = 0; rc == SQLITE_OK && i < wanted.size(); i++) {
      rc = create_trigger(db_, schema_, wanted[i], fault);
    }
    return rc;
  }

  // Shapes without a trigger; their rows were converted before.
  int forget_old_shapes(Fault& fault) {
    return run_sql(
        db_, fault,
        "DELETE FROM \"%w\".__murmel_shape WHERE NOT EXISTS(SELECT 1 FROM \"%w\".sqlite_master AS m WHERE "
        "m.type = 'trigger' AND m.name = '__murmel_' || __murmel_shape.id || '_i')",
        schema_, schema_);
  }

  sqlite3* db_;
  const char* schema_;
  Wanted wanted_;
  int width_ = -1;
};

int remove_all(sqlite3* db, const char* schema, Fault& fault) {
  int rc = drop_triggers(db, schema, nullptr, fault);
  for (const char* table : kWideTables) {
    if (rc == SQLITE_OK) rc = run_sql(db, fault, "DROP TABLE IF EXISTS \"%w\".\"%w\"", schema, table);
  }
  if (rc == SQLITE_OK) rc = run_sql(db, fault, "DROP TABLE IF EXISTS \"%w\".__murmel_shape", schema);
  return rc;
}

}  // namespace

int renew_triggers(sqlite3* db, const char* schema, Fault& fault) noexcept {
  Wanted wanted;
  std::int64_t before = 0;
  std::int64_t logged = 0;
  std::int64_t after = 0;
  int rc = read_settings(db, schema, &wanted, fault);
  if (rc == SQLITE_OK) rc = read_cookie(db, schema, &before, fault);
  if (rc == SQLITE_OK) rc = read_logged_cookie(db, schema, &logged, fault);
  if (rc != SQLITE_OK) return rc;
  rc = wanted.capture || wanted.guard ? Installer(db, schema, wanted).run(fault)
                                      : remove_all(db, schema, fault);
  if (rc == SQLITE_OK) rc = read_cookie(db, schema, &after, fault);
  // Our own steps of the cookie must not look like changes of the application's schema.
  return rc == SQLITE_OK && after != before && before == logged ? store_schema(db, schema, fault) : rc;
}

int install_triggers(sqlite3* db, const char* schema, Fault& fault) {
  Transaction transaction(db);
  std::int64_t rows = 0;
  int rc = transaction.begin(fault);
  if (rc == SQLITE_OK) rc = convert_wide_rows(db, schema, &rows, fault);
  if (rc == SQLITE_OK) rc = renew_triggers(db, schema, fault);
  return transaction.end(rc, fault);
}

int remove_triggers(sqlite3* db, const char* schema, Fault& fault) {
  Transaction transaction(db);
  int rc = transaction.begin(fault);
  if (rc == SQLITE_OK) rc = remove_all(db, schema, fault);
  return transaction.end(rc, fault);
}

}  // namespace murmel::extension
