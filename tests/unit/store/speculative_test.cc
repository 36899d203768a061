#include "agent/store/speculative.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agent/store/client_database.h"
#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

// A session's connection, on which statements must succeed unless they are tried.
class Client {
 public:
  explicit Client(const std::string& path) {
    auto opened = ClientDatabase::open(path, 1'000);
    REQUIRE(opened.ok());
    database_ = std::move(opened).value();
  }

  ClientDatabase& database() { return *database_; }
  void begin() {
    const auto begun = database_->begin_on_snapshot();
    INFO((begun.ok() ? std::string() : begun.error().message));
    REQUIRE(begun.ok());
    REQUIRE(*begun);
  }
  void run(const char* sql) {
    const auto done = database_->run(sql);
    INFO(sql);
    INFO((done.ok() ? std::string() : done.error().message));
    REQUIRE(done.ok());
  }
  std::int64_t number(const std::string& sql) {
    std::string_view rest;
    auto statement = database_->prepare(sql, &rest);
    INFO((statement.ok() ? std::string() : statement.error().message));
    REQUIRE(statement.ok());
    const auto row = statement->step();
    REQUIRE(row.ok());
    REQUIRE(*row);
    return std::get<std::int64_t>(statement->value(0));
  }
  // What was written, as one to commit; the snapshot ends.
  LocalTransaction end() {
    auto local = database_->changes_on_snapshot(false);
    INFO((local.ok() ? std::string() : local.error().message));
    REQUIRE(local.ok());
    database_->end_snapshot();
    return std::move(*local);
  }
  LocalTransaction change(const char* sql) {
    begin();
    run(sql);
    return end();
  }

 private:
  std::unique_ptr<ClientDatabase> database_;
};

std::vector<Status> commit_all(TestNode& node, const std::vector<const LocalTransaction*>& group) {
  auto outcomes = node.db().commit(group);
  INFO((outcomes.ok() ? std::string() : outcomes.error().message));
  REQUIRE(outcomes.ok());
  REQUIRE(outcomes->size() == group.size());
  return std::move(*outcomes);
}

bool commit(TestNode& node, const LocalTransaction& local) {
  const Status outcome = commit_all(node, {&local}).front();
  if (!outcome.ok()) CHECK(outcome.error().code == ErrorCode::kConflict);
  return outcome.ok();
}

struct OneNode {
  TempDir dir;
  TestNode node{dir, 1};

  // The schema counts only once it is in the log.
  void define(const std::string& sql) {
    node.app().run(sql);
    log_schema();
  }
  void log_schema() {
    const LocalTransaction nothing;
    CHECK(commit(node, nothing));
  }
};

constexpr int kAccounts = 200;
constexpr char kMakeAccounts[] =
    "CREATE TABLE account(id INTEGER PRIMARY KEY, balance INTEGER NOT NULL, pad TEXT);"
    "CREATE INDEX by_balance ON account(balance);"
    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 200)"
    " INSERT INTO account SELECT i, 100, hex(randomblob(200)) FROM c";
constexpr std::int64_t kSum = kAccounts * 100;

// Money goes round; some commits are followed by a checkpoint.
void write_really(const std::string& path, int transactions) {
  App app(path);
  for (int i = 0; i < transactions; ++i) {
    const std::string from = std::to_string(i % kAccounts + 1);
    const std::string to = std::to_string((i * 7) % kAccounts + 1);
    app.run("BEGIN IMMEDIATE; UPDATE account SET balance = balance - 3 WHERE id = " + from +
            "; UPDATE account SET balance = balance + 3 WHERE id = " + to + "; COMMIT");
    if (i % 7 == 0) app.run("PRAGMA wal_checkpoint(PASSIVE)");
    if (i % 50 == 0) app.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
}

}  // namespace

TEST_CASE_FIXTURE(OneNode,
                  "a transaction on a snapshot sees that and its own writes, and leaves nothing behind") {
  define("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES(1, 'a')");
  Client client(node.path());
  client.begin();
  client.run("INSERT INTO t VALUES(2, 'b'); UPDATE t SET v = 'changed' WHERE id = 1");
  node.app().run("INSERT INTO t VALUES(3, 'of another')");  // the lock is free
  CHECK(client.number("SELECT count(*) FROM t") == 2);
  client.run("SAVEPOINT s; DELETE FROM t");
  CHECK(client.number("SELECT count(*) FROM t") == 0);
  client.run("ROLLBACK TO s; RELEASE s");
  CHECK(client.number("SELECT count(*) FROM t") == 2);
  client.database().end_snapshot();
  CHECK(node.app().query("SELECT id, v FROM t") == "1|a\n3|of another");
  CHECK(node.app().query("PRAGMA integrity_check") == "ok");
}

TEST_CASE_FIXTURE(OneNode, "snapshots are sound beside a writer that begins the log anew all the time") {
  define(kMakeAccounts);
  std::thread writer(write_really, node.path(), 400);
  std::vector<std::thread> sessions;
  std::atomic<int> wrong = 0;
  for (int number = 0; number < 3; ++number) {
    sessions.emplace_back([&, number] {
      auto opened = ClientDatabase::open(node.path(), 5'000);
      ClientDatabase& database = *opened.value();
      const auto sum = [&database] {
        std::string_view rest;
        auto statement = database.prepare("SELECT sum(balance) FROM account", &rest);
        if (!statement.ok() || !statement->step().ok()) return std::int64_t{-1};
        return std::get<std::int64_t>(statement->value(0));
      };
      for (int i = 0; i < 100; ++i) {
        const auto begun = database.begin_on_snapshot();
        if (!begun.ok() || !*begun || sum() != kSum) ++wrong;
        const std::string id = std::to_string((i * 31 + number) % kAccounts + 1);
        const bool done =
            database.run(("UPDATE account SET balance = balance + 1000, pad = 'x' WHERE id = " + id).c_str())
                .ok();
        if (!done || sum() != kSum + 1'000) ++wrong;
        database.end_snapshot();
      }
    });
  }
  writer.join();
  for (std::thread& session : sessions) session.join();
  CHECK(wrong == 0);
  CHECK(node.app().query("SELECT sum(balance) FROM account") == std::to_string(kSum));
  CHECK(node.app().query("PRAGMA integrity_check") == "ok");
}

TEST_CASE_FIXTURE(OneNode, "a snapshot takes in a log of several regions of the wal-index") {
  define("PRAGMA wal_autocheckpoint=0; CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB)");
  Client early(node.path());
  early.begin();  // so that no checkpoint shortens the log
  node.app().run(
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 9000)"
      " INSERT INTO t SELECT i, zeroblob(3000) FROM c");
  Client client(node.path());
  client.begin();
  CHECK(client.number("SELECT count(*) FROM t WHERE length(v) = 3000") == 9'000);
  client.run("UPDATE t SET v = x'00' WHERE id % 1000 = 1");
  CHECK(client.number("SELECT count(*) FROM t WHERE length(v) = 1") == 9);
  CHECK(early.number("SELECT count(*) FROM t") == 0);
  CHECK(commit(node, client.end()));
  CHECK(node.app().query("SELECT count(*) FROM t WHERE length(v) = 1") == "9");
}

TEST_CASE_FIXTURE(OneNode,
                  "what other processes do to the file waits for a snapshot, or leaves it as it is") {
  define("CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB)");
  node.app().run(
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 500)"
      " INSERT INTO t SELECT i, randomblob(2000) FROM c");
  Client client(node.path());
  client.begin();
  CHECK(client.number("SELECT count(*) FROM t") == 500);
  App other(node.path(), false);
  other.run("DELETE FROM t WHERE id > 10; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  CHECK_FALSE(other.try_run("PRAGMA journal_mode=DELETE"));
  CHECK(client.number("SELECT sum(length(v)) FROM t") == 1'000'000);
  client.database().end_snapshot();
  log_schema();
  client.begin();
  CHECK(client.number("SELECT count(*) FROM t") == 10);
  client.database().end_snapshot();
  CHECK(other.query("PRAGMA integrity_check") == "ok");
}

TEST_CASE_FIXTURE(OneNode, "what one statement changes has a limit") {
  define("CREATE TABLE t(v BLOB)");
  Client client(node.path());
  client.begin();
  const auto done = client.database().run(
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 200000)"
      " INSERT INTO t SELECT zeroblob(3000) FROM c");
  CHECK_FALSE(done.ok());
  CHECK(client.database().is_too_large());
  client.database().end_snapshot();
  CHECK(node.app().query("SELECT count(*) FROM t") == "0");
}

TEST_CASE_FIXTURE(OneNode, "of two that change one row the first one is committed, of others all are") {
  define("CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES(1, 0), (2, 0), (3, 0)");
  Client a(node.path());
  Client b(node.path());
  Client c(node.path());
  for (const bool together : {true, false}) {
    const LocalTransaction first = a.change("UPDATE t SET v = v + 1 WHERE id = 1");
    const LocalTransaction second = b.change("UPDATE t SET v = v + 1 WHERE id = 1");
    const LocalTransaction third = c.change("UPDATE t SET v = v + 1 WHERE id = 3");
    if (together) {
      const auto outcomes = commit_all(node, {&first, &second, &third});
      CHECK(outcomes[0].ok());
      CHECK_FALSE(outcomes[1].ok());
      CHECK(outcomes[2].ok());
    } else {
      CHECK(commit(node, first));
      CHECK_FALSE(commit(node, second));
      CHECK(commit(node, third));
    }
  }
  CHECK(node.app().query("SELECT v FROM t") == "2\n0\n2");
}

TEST_CASE_FIXTURE(OneNode,
                  "a write of an application, or of another node, since the snapshot is not overwritten") {
  define("CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES(1, 0), (2, 0)");
  TestNode other(dir, 2);
  exchange(node, other);
  Client client(node.path());
  const LocalTransaction against_application = client.change("UPDATE t SET v = v + 10 WHERE id = 1");
  node.app().run("UPDATE t SET v = v + 1 WHERE id = 1");
  CHECK_FALSE(commit(node, against_application));
  const LocalTransaction against_node = client.change("UPDATE t SET v = v + 10 WHERE id = 2");
  other.app().run("UPDATE t SET v = v + 1 WHERE id = 2");
  replicate(other, node);
  CHECK_FALSE(commit(node, against_node));
  CHECK(node.app().query("SELECT v FROM t") == "1\n1");
  // There and back again is a change, too.
  const LocalTransaction unseen = client.change("UPDATE t SET v = v + 10 WHERE id = 1");
  node.app().run("UPDATE t SET v = 7 WHERE id = 1; UPDATE t SET v = 1 WHERE id = 1");
  CHECK_FALSE(commit(node, unseen));
}

TEST_CASE_FIXTURE(OneNode,
                  "UNIQUE keys, foreign keys and rows without a key hold against what was committed since") {
  define(
      "CREATE TABLE u(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
      "CREATE TABLE child(id INTEGER PRIMARY KEY, u INTEGER REFERENCES u(id));"
      "CREATE TABLE bag(v INTEGER);"
      "INSERT INTO u VALUES(1, 'one'), (2, 'two'); INSERT INTO bag VALUES(5), (5), (6)");
  Client a(node.path());
  Client b(node.path());
  const LocalTransaction name = a.change("INSERT INTO u VALUES(3, 'x')");
  const LocalTransaction same_name = b.change("INSERT INTO u VALUES(4, 'x')");
  const LocalTransaction other_name = a.change("INSERT INTO u VALUES(5, 'y')");
  const auto outcomes = commit_all(node, {&name, &same_name, &other_name});
  CHECK(outcomes[0].ok());
  CHECK_FALSE(outcomes[1].ok());
  CHECK(outcomes[2].ok());

  const LocalTransaction adopts = a.change("INSERT INTO child VALUES(1, 1)");
  const LocalTransaction dies = b.change("DELETE FROM u WHERE id = 1");
  CHECK(commit(node, adopts));
  CHECK_FALSE(commit(node, dies));
  const LocalTransaction adopts_late = a.change("INSERT INTO child VALUES(2, 2)");
  CHECK(commit(node, b.change("DELETE FROM u WHERE id = 2")));
  CHECK_FALSE(commit(node, adopts_late));

  const LocalTransaction one_five =
      a.change("DELETE FROM bag WHERE rowid IN (SELECT rowid FROM bag WHERE v = 5 LIMIT 1)");
  const LocalTransaction all_fives = b.change("UPDATE bag SET v = v + 1 WHERE v = 5");
  CHECK(commit(node, one_five));
  CHECK_FALSE(commit(node, all_fives));
  CHECK(node.app().query("SELECT v FROM bag ORDER BY v") == "5\n6");
  CHECK(node.app().query("PRAGMA foreign_key_check") == "");
}

TEST_CASE_FIXTURE(OneNode, "one that is to be decided is tried out where nobody else can tell of its keys") {
  define(
      "CREATE TABLE u(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
      "INSERT INTO u VALUES(1, 'one'), (2, 'two')");
  Client client(node.path());
  const LocalTransaction same_row = client.change("UPDATE u SET name = 'uno' WHERE id = 1");
  const LocalTransaction same_name = client.change("INSERT INTO u VALUES(3, 'three')");
  const LocalTransaction apart = client.change("INSERT INTO u VALUES(4, 'four')");
  node.app().run("UPDATE u SET name = 'eins' WHERE id = 1; INSERT INTO u VALUES(5, 'three')");
  const std::string before = node.app().query("SELECT * FROM u");
  const std::vector<ToCertify> group{
      {&same_row, true}, {&same_name, true}, {&same_name, false}, {&apart, true}};
  const auto certified = node.db().certify(group);
  REQUIRE(certified.ok());
  CHECK(certified->fits[0].error().code == ErrorCode::kConflict);
  CHECK_FALSE(certified->fits[1].ok());
  CHECK(certified->fits[2].ok());  // by its row alone
  CHECK(certified->fits[3].ok());
  CHECK(certified->have == node.db().state()->have);
  CHECK(node.app().query("SELECT * FROM u") == before);
  CHECK(commit(node, apart));
}

TEST_CASE_FIXTURE(OneNode, "what sessions commit is logged as what an application does, and replicates") {
  define("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE bag(v TEXT)");
  TestNode other(dir, 2);
  exchange(node, other);
  Client client(node.path());
  CHECK(commit(node, client.change("INSERT INTO t VALUES(1, 'a'); INSERT INTO bag VALUES('x'), ('x')")));
  node.app().run("INSERT INTO t VALUES(2, 'b')");
  CHECK(commit(node, client.change("UPDATE t SET v = 'c' WHERE id = 2; DELETE FROM bag WHERE rowid = 1")));
  exchange(node, other);
  CHECK(equal(node, other));
  CHECK(other.app().query("SELECT id, v FROM t") == "1|a\n2|c");
  CHECK(node.db().uncaptured_commits() == 0);
  node.restart();
  other.app().run("UPDATE t SET v = 'd' WHERE id = 1");
  exchange(node, other);
  CHECK(equal(node, other));
}

TEST_CASE_FIXTURE(OneNode, "a change of the schema since the snapshot makes a transaction begin again") {
  define("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
  Client client(node.path());
  const LocalTransaction before = client.change("INSERT INTO t VALUES(1, 'a')");
  node.app().run("ALTER TABLE t ADD COLUMN w TEXT");
  const auto begun = client.database().begin_on_snapshot();
  REQUIRE(begun.ok());
  CHECK_FALSE(*begun);  // it is not in the log yet
  CHECK_FALSE(commit(node, before));
  CHECK(commit(node, client.change("INSERT INTO t VALUES(1, 'a', 'b')")));
}

}  // namespace murmel::store::test
