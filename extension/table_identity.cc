#include "extension/table_identity.h"

#include <strings.h>

#include "extension/schema_delta.h"
#include "extension/schema_diff.h"
#include "extension/statement.h"

namespace murmel::extension {
namespace {

constexpr char kHasNames[] = "SELECT 1 FROM \"%w\".sqlite_master WHERE name='__murmel_names'";
constexpr char kReadIdentity[] = "SELECT identity, times FROM \"%w\".__murmel_names WHERE name=?1";
constexpr char kMove[] =
    "INSERT INTO \"%w\".__murmel_names(name,identity,times)"
    " VALUES(?2,coalesce((SELECT identity FROM \"%w\".__murmel_names WHERE name=?1),?1),0)"
    " ON CONFLICT(name) DO UPDATE SET identity=excluded.identity";
// No name has a control character in it, or one that does is told apart a little less well.
constexpr char kLeave[] =
    "INSERT INTO \"%w\".__murmel_names(name,identity,times) VALUES(?1,?1||char(31)||1,1)"
    " ON CONFLICT(name) DO UPDATE SET identity=name||char(31)||(times+1), times=times+1";

int has_names(sqlite3* db, const char* schema, bool* has, Fault& fault) {
  Statement statement;
  int rc = statement.prepare(db, fault, 0, kHasNames, schema);
  if (rc == SQLITE_OK) rc = statement.step(fault);
  *has = rc == SQLITE_ROW;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

// Of ASCII alone, as SQLite compares names.
bool fold(const char* name, Text& folded) {
  if (!folded.assign(name)) return false;
  for (char* c = folded.data(); *c != 0; c++) {
    if (*c >= 'A' && *c <= 'Z') *c = static_cast<char>(*c - 'A' + 'a');
  }
  return true;
}

// What renames that are still to be logged have done to a name.
struct Pending {
  Text logged;        // the name under which the table was logged last
  bool left = false;  // that table has another name now
  int times = 0;      // how often it was left
};

int read_pending(sqlite3* db, const char* schema, const char* name, Pending& pending, Fault& fault) {
  std::int64_t cookie = 0;
  std::int64_t logged_cookie = 0;
  int rc = read_cookie(db, schema, &cookie, fault);
  if (rc == SQLITE_OK) rc = read_logged_cookie(db, schema, &logged_cookie, fault);
  SchemaDiff diff;
  if (rc == SQLITE_OK && logged_cookie >= 0 && cookie != logged_cookie) {
    rc = diff.read(db, schema, cookie - logged_cookie, fault);
  }
  if (rc != SQLITE_OK) return rc;
  const Vec<SchemaObject>& objects = diff.objects();
  for (std::size_t i = objects.size(); i-- > 0;) {
    const SchemaObject& object = objects[i];
    if (object.fate != SchemaFate::kRenamed) continue;
    if (!pending.left && strcasecmp(object.renamed_to, name) == 0) {
      name = object.name;
    } else if (strcasecmp(object.name, name) == 0) {
      pending.left = true;
      pending.times++;
    }
  }
  return fold(name, pending.logged) ? SQLITE_OK : fault.fail(SQLITE_NOMEM, "out of memory");
}

// As kLeave makes it.
int next_identity(const char* name, std::int64_t times, Text& identity, Fault& fault) {
  char* next = sqlite3_mprintf("%s\x1f%lld", name, static_cast<long long>(times));
  const bool kept = next != nullptr && identity.assign(next);
  sqlite3_free(next);
  return kept ? SQLITE_OK : fault.fail(SQLITE_NOMEM, "out of memory");
}

int run_with_names(sqlite3* db, const char* schema, const char* sql, const Text& from, const Text& to,
                   Fault& fault) {
  Statement statement;
  const int rc = statement.prepare(db, fault, 0, sql, schema, schema);
  if (rc != SQLITE_OK) return rc;
  statement.bind(1, from.c_str());
  statement.bind(2, to.c_str());
  return statement.run(fault);
}

}  // namespace

int read_identity(sqlite3* db, const char* schema, const char* name, Text& identity, Fault& fault) noexcept {
  bool has = false;
  int rc = has_names(db, schema, &has, fault);
  if (rc != SQLITE_OK || !has) return rc;
  Pending pending;
  rc = read_pending(db, schema, name, pending, fault);
  if (rc != SQLITE_OK) return rc;
  Statement read;
  rc = read.prepare(db, fault, 0, kReadIdentity, schema);
  if (rc != SQLITE_OK) return rc;
  const char* logged = pending.logged.c_str();
  read.bind(1, logged);
  rc = read.step(fault);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return rc;
  const char* known = rc == SQLITE_ROW ? read.text(0) : logged;
  if (pending.left)
    return next_identity(logged, (rc == SQLITE_ROW ? read.integer(1) : 0) + pending.times, identity, fault);
  if (strcasecmp(known, name) == 0) return SQLITE_OK;
  return identity.assign(known) ? SQLITE_OK : fault.fail(SQLITE_NOMEM, "out of memory");
}

int rename_identity(sqlite3* db, const char* schema, const char* from, const char* to,
                    Fault& fault) noexcept {
  bool has = false;
  int rc = has_names(db, schema, &has, fault);
  if (rc != SQLITE_OK || !has || strcasecmp(from, to) == 0) return rc;
  Text old_name;
  Text new_name;
  if (!fold(from, old_name) || !fold(to, new_name)) return fault.fail(SQLITE_NOMEM, "out of memory");
  rc = run_with_names(db, schema, kMove, old_name, new_name, fault);
  return rc == SQLITE_OK ? run_with_names(db, schema, kLeave, old_name, new_name, fault) : rc;
}

int note_renames(sqlite3* db, const char* schema, std::int64_t steps, Fault& fault) noexcept {
  SchemaDiff diff;
  int rc = diff.read(db, schema, steps, fault);
  for (const SchemaObject& object : diff.objects()) {
    if (rc != SQLITE_OK) return rc;
    if (object.fate != SchemaFate::kRenamed) continue;
    rc = rename_identity(db, schema, object.name, object.renamed_to, fault);
  }
  return rc;
}

int read_renamed(sqlite3* db, const char* schema, std::int64_t steps, NameSet& tables,
                 Fault& fault) noexcept {
  SchemaDiff diff;
  const int rc = diff.read(db, schema, steps, fault);
  if (rc != SQLITE_OK) return rc;
  for (const SchemaObject& object : diff.objects()) {
    if (object.had_other_name && !tables.add(object.name)) return fault.fail(SQLITE_NOMEM, "out of memory");
  }
  return SQLITE_OK;
}

}  // namespace murmel::extension
