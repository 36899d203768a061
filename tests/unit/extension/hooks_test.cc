// The loadable library beside an application's own hooks and sessions, in Debian's SQLite, which has them
// all. What the capture matrix cannot say: hooks that were there before the library was loaded, and closing.
#define SQLITE_ENABLE_PREUPDATE_HOOK
#define SQLITE_ENABLE_SESSION
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>

namespace {

int commits = 0;
int updates = 0;
int preupdates = 0;

int on_commit(void*) {
  ++commits;
  return 0;
}
void on_update(void*, int, const char*, const char*, sqlite3_int64) {
  ++updates;
}
void on_preupdate(void*, sqlite3*, int, const char*, const char*, sqlite3_int64, sqlite3_int64) {
  ++preupdates;
}

class HooksTest {
 public:
  HooksTest() {
    commits = updates = preupdates = 0;
    for (const char* suffix : {"", "-wal", "-shm", "-aux"}) std::filesystem::remove(path_ + suffix);
    REQUIRE(sqlite3_open(path_.c_str(), &db_) == SQLITE_OK);
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
    REQUIRE(sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr) == SQLITE_OK);
  }
  ~HooksTest() { CHECK(sqlite3_close(db_) == SQLITE_OK); }
  void load() const {
    char* error = nullptr;
    const int rc = sqlite3_load_extension(db_, MURMEL_LIBRARY, nullptr, &error);
    INFO((error == nullptr ? "" : error));
    REQUIRE(rc == SQLITE_OK);
    run("SELECT murmel_enable()");
    commits = 0;
  }
  void run(const std::string& sql) const {
    INFO(sql);
    REQUIRE(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  int number(const std::string& sql) const {
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
    const int value = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return value;
  }
  int records() const { return number("SELECT count(*) FROM __murmel_log WHERE origin = 0"); }
  sqlite3_session* session() const {
    sqlite3_session* made = nullptr;
    REQUIRE(sqlite3session_create(db_, "main", &made) == SQLITE_OK);
    REQUIRE(sqlite3session_attach(made, nullptr) == SQLITE_OK);
    return made;
  }
  // Changes the session has recorded.
  static int recorded(sqlite3_session* session) {
    int size = 0;
    void* changes = nullptr;
    REQUIRE(sqlite3session_changeset(session, &size, &changes) == SQLITE_OK);
    sqlite3_changeset_iter* at = nullptr;
    REQUIRE(sqlite3changeset_start(&at, size, changes) == SQLITE_OK);
    int n = 0;
    while (sqlite3changeset_next(at) == SQLITE_ROW) ++n;
    sqlite3changeset_finalize(at);
    sqlite3_free(changes);
    return n;
  }

 protected:
  std::string path_ = (std::filesystem::temp_directory_path() / "murmel-hooks-test.db").string();
  sqlite3* db_ = nullptr;
};

}  // namespace

TEST_CASE_FIXTURE(HooksTest,
                  "hooks set before loading are called as before, for the application's rows only") {
  sqlite3_commit_hook(db_, on_commit, this);
  sqlite3_update_hook(db_, on_update, this);
  sqlite3_preupdate_hook(db_, on_preupdate, this);
  load();
  updates = preupdates = 0;
  run("INSERT INTO t VALUES(1, 'x'), (2, 'y')");
  run("BEGIN; UPDATE t SET a = 'z'; DELETE FROM t WHERE id = 1; COMMIT");
  CHECK(records() == 2);
  CHECK(commits == 2);
  CHECK(updates == 5);
  CHECK(preupdates == 5);
}

TEST_CASE_FIXTURE(HooksTest, "a session from before loading goes on, and its end does not end capture") {
  sqlite3_session* mine = session();
  load();
  run("INSERT INTO t VALUES(1, 'x')");
  run("UPDATE t SET a = 'y'");
  CHECK(records() == 2);
  CHECK(recorded(mine) == 1);
  sqlite3session_delete(mine);
  run("INSERT INTO t VALUES(2, 'x')");
  run("DELETE FROM t WHERE id = 1");
  CHECK(records() == 4);
}

TEST_CASE_FIXTURE(HooksTest, "sessions come and go in any order") {
  load();
  sqlite3_session* first = session();
  run("INSERT INTO t VALUES(1, 'x')");
  sqlite3_session* second = session();
  run("UPDATE t SET a = 'y'");
  sqlite3session_delete(first);
  run("UPDATE t SET a = 'z'");
  CHECK(recorded(second) == 1);
  first = session();
  run("DELETE FROM t");
  sqlite3session_delete(second);
  sqlite3session_delete(first);
  run("INSERT INTO t VALUES(2, 'x')");
  CHECK(records() == 5);
}

TEST_CASE_FIXTURE(HooksTest, "a session does not keep rows of an attached database from us") {
  run("ATTACH '" + path_ + "-aux' AS aux; CREATE TABLE aux.u(id INTEGER PRIMARY KEY, a)");
  load();
  run("SELECT murmel_enable('aux')");
  run("INSERT INTO aux.u VALUES(1, 'x')");
  sqlite3_session* mine = session();
  run("INSERT INTO aux.u VALUES(2, 'y')");
  run("UPDATE aux.u SET a = 'z'");
  CHECK(number("SELECT count(*) FROM aux.__murmel_log") == 3);
  sqlite3session_delete(mine);
}

TEST_CASE_FIXTURE(
    HooksTest, "a preupdate hook set later: an insert is caught, another change fails once and is repeated") {
  load();
  run("INSERT INTO t VALUES(1, 'x')");
  sqlite3_preupdate_hook(db_, on_preupdate, this);
  CHECK(sqlite3_exec(db_, "UPDATE t SET a = 'y'", nullptr, nullptr, nullptr) == SQLITE_ABORT);
  CHECK(std::string(sqlite3_errmsg(db_)).find("repeat the transaction") != std::string::npos);
  run("UPDATE t SET a = 'y'");
  CHECK(records() == 2);
  CHECK(preupdates == 2);
  sqlite3_preupdate_hook(db_, on_preupdate, this);
  run("INSERT INTO t VALUES(2, 'x')");
  CHECK(records() == 3);
}

TEST_CASE_FIXTURE(HooksTest, "with both hooks replaced, a transaction that was not captured is refused") {
  load();
  run("INSERT INTO t VALUES(1, 'x')");
  sqlite3_preupdate_hook(db_, on_preupdate, this);
  sqlite3_update_hook(db_, on_update, this);
  CHECK(sqlite3_exec(db_, "UPDATE t SET a = 'y'", nullptr, nullptr, nullptr) == SQLITE_CONSTRAINT);
  run("UPDATE t SET a = 'y'");
  CHECK(records() == 2);
}

TEST_CASE_FIXTURE(HooksTest, "a close that fails leaves the connection capturing") {
  load();
  run("INSERT INTO t VALUES(1, 'x')");
  sqlite3_stmt* open = nullptr;
  REQUIRE(sqlite3_prepare_v2(db_, "SELECT * FROM t", -1, &open, nullptr) == SQLITE_OK);
  CHECK(sqlite3_close(db_) == SQLITE_BUSY);
  run("INSERT INTO t VALUES(2, 'x')");
  CHECK(records() == 2);
  sqlite3_finalize(open);
}

TEST_CASE_FIXTURE(HooksTest, "loading it again changes nothing") {
  load();
  load();
  run("INSERT INTO t VALUES(1, 'x')");
  CHECK(records() == 1);
}

TEST_CASE_FIXTURE(HooksTest, "another file attached under the same name is another database") {
  load();
  for (const char* table : {"u", "w"}) {
    const std::string name = table;
    run("ATTACH ':memory:' AS aux; CREATE TABLE aux." + name + "(id INTEGER PRIMARY KEY)");
    if (name == "u") run("SELECT murmel_enable('aux')");
    run("INSERT INTO aux." + name + " VALUES(1)");
    if (name == "u") CHECK(number("SELECT count(*) FROM aux.__murmel_log") == 1);
    run("DETACH aux");
  }
}
