#include "extension/table_identity.h"

#include <strings.h>

#include "extension/schema_delta.h"
#include "extension/schema_diff.h"
#include "extension/statement.h"

namespace murmel::extension {
namespace {

constexpr char kHasNames[] = "SELECT 1 FROM \"%w\".sqlite_master WHERE name='__murmel_names'";
constexpr char kReadIdentity[] = "SELECT identity FROM \"%w\".__murmel_names WHERE name=?1";
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

const SchemaObject* find_renamed(const SchemaDiff& diff, const char* to) {
  for (const SchemaObject& object : diff.objects()) {
    if (object.fate == SchemaFate::kRenamed && (to == nullptr || strcasecmp(object.renamed_to, to) == 0)) {
      return &object;
    }
  }
  return nullptr;
}

// The name under which the table was logged last.
int logged_name(sqlite3* db, const char* schema, const char* name, Text& logged, Fault& fault) {
  std::int64_t cookie = 0;
  std::int64_t logged_cookie = 0;
  int rc = read_cookie(db, schema, &cookie, fault);
  if (rc == SQLITE_OK) rc = read_logged_cookie(db, schema, &logged_cookie, fault);
  if (rc != SQLITE_OK) return rc;
  SchemaDiff diff;
  const SchemaObject* renamed = nullptr;
  if (cookie - logged_cookie == 1) {  // a rename is found only where it is the single step
    rc = diff.read(db, schema, 1, fault);
    if (rc != SQLITE_OK) return rc;
    renamed = find_renamed(diff, name);
  }
  return fold(renamed != nullptr ? renamed->name : name, logged) ? SQLITE_OK
                                                                 : fault.fail(SQLITE_NOMEM, "out of memory");
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
  Text logged;
  rc = logged_name(db, schema, name, logged, fault);
  if (rc != SQLITE_OK) return rc;
  Statement read;
  rc = read.prepare(db, fault, 0, kReadIdentity, schema);
  if (rc != SQLITE_OK) return rc;
  read.bind(1, logged.c_str());
  rc = read.step(fault);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return rc;
  const char* known = rc == SQLITE_ROW ? read.text(0) : logged.c_str();
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
  if (steps != 1) return SQLITE_OK;
  SchemaDiff diff;
  const int rc = diff.read(db, schema, steps, fault);
  const SchemaObject* renamed = rc == SQLITE_OK ? find_renamed(diff, nullptr) : nullptr;
  if (renamed == nullptr) return rc;
  return rename_identity(db, schema, renamed->name, renamed->renamed_to, fault);
}

}  // namespace murmel::extension
