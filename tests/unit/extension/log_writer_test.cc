#include "extension/log_writer.h"

#include "extension/capture_api.h"
#include "tests/unit/extension/memory_database.h"

namespace murmel::extension {
namespace {

constexpr std::int64_t kFarFuture = std::int64_t{1} << 61;

class LogTest {
 public:
  LogTest() {
    Fault fault;
    REQUIRE(enable(db.get(), "main", fault) == SQLITE_OK);
  }
  void append(bool more = false) {
    Fault fault;
    REQUIRE(log.append("x", 1, more, fault) == SQLITE_OK);
  }
  void begin(std::int64_t ichange) {
    Fault fault;
    REQUIRE(log.begin_transaction(7, ichange, fault) == SQLITE_OK);
  }
  std::string last(const std::string& column) const {
    return db.value("SELECT " + column + " FROM __murmel_log ORDER BY id DESC LIMIT 1");
  }

  test::MemoryDatabase db;
  LogWriter log{db.get(), "main"};
};

}  // namespace

TEST_CASE_FIXTURE(LogTest, "records of a transaction follow each other under one stamp") {
  begin(3);
  append(true);
  append();
  log.end_transaction(true);
  CHECK(
      db.value("SELECT group_concat(id||':'||seq||':'||more||':'||ichange||':'||schema) FROM __murmel_log") ==
      "1:1:1:3:7,2:2:0:3:7");
  CHECK(db.value("SELECT count(DISTINCT hlc) FROM __murmel_log") == "1");
}

TEST_CASE_FIXTURE(LogTest, "a stamp is above every stamp in the log, whatever the wall clock says") {
  db.run("INSERT INTO __murmel_log VALUES(1, 5, 9, " + std::to_string(kFarFuture) + ", 0, 0, NULL, " +
         std::to_string(kFarFuture) + ", 4, NULL, x'01')");
  begin(-1);
  append();
  CHECK(last("hlc") == std::to_string(kFarFuture + 1));
  CHECK(last("clock") == std::to_string(kFarFuture + 1));
  CHECK(last("seq") == "5");
  CHECK(last("ichange").empty());
}

TEST_CASE_FIXTURE(LogTest,
                  "the last row is not read when nobody committed since, and a wrong guess is mended") {
  begin(3);
  append();
  log.end_transaction(true);
  SUBCASE("nobody did") {
    begin(4);
    append();
    CHECK(last("seq") == "2");
  }
  SUBCASE("somebody did, but the counter started again") {
    db.run(
        "INSERT INTO __murmel_log SELECT 2, 0, 2, hlc + 1, 0, 7, 3, hlc + 1, 2, NULL, x'01' FROM "
        "__murmel_log");
    begin(4);
    append();
    CHECK(last("seq") == "3");
  }
  SUBCASE("somebody did") {
    db.run(
        "INSERT INTO __murmel_log SELECT 2, 0, 2, hlc + 1, 0, 7, 3, hlc + 1, 2, NULL, x'01' FROM "
        "__murmel_log");
    begin(5);
    append();
    CHECK(last("seq") == "3");
  }
}

TEST_CASE_FIXTURE(LogTest, "what was rolled back is not remembered") {
  db.run("BEGIN");
  begin(3);
  append();
  db.run("ROLLBACK");
  log.end_transaction(false);
  begin(4);
  append();
  CHECK(last("seq") == "1");
}

TEST_CASE_FIXTURE(LogTest, "sqlite3_changes() can be given back") {
  begin(1);
  append();
  Fault fault;
  for (const int n : {0, 1, 2, 1000}) {
    REQUIRE(log.restore_changes(n, 1, fault) == SQLITE_OK);
    if (n != 1) CHECK(sqlite3_changes(db.get()) == n);
  }
  CHECK(db.value("SELECT count(*) FROM __murmel_log") == "1");
}

TEST_CASE_FIXTURE(LogTest, "a record that can't be written says why") {
  db.run("PRAGMA query_only = 1");
  begin(1);
  Fault fault;
  CHECK(log.append("x", 1, false, fault) == SQLITE_READONLY);
  CHECK(std::string(fault.text).find("readonly") != std::string::npos);
}

}  // namespace murmel::extension
