#include "agent/store/checkpoints.h"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "agent/store/connection.h"
#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

constexpr int kFrameBytes = 512 + 24;
constexpr char kOverwrite[] = "UPDATE t SET v = randomblob(100)";  // some 60 pages

Connection open(const TempDir& dir) {
  auto connection = Connection::open(dir.file("c.db"), Access::kCreate, 1'000);
  REQUIRE(connection.ok());
  return std::move(connection).value();
}

void fill(Connection& connection) {
  REQUIRE(connection
              .execute("PRAGMA journal_mode=DELETE; PRAGMA page_size=512; VACUUM;"
                       "PRAGMA journal_mode=WAL; CREATE TABLE t(v);"
                       "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
                       " INSERT INTO t SELECT randomblob(100) FROM n")
              .ok());
}

void overwrite(Connection& connection) {
  auto transaction = Transaction::begin(connection, Transaction::Kind::kWrite);
  REQUIRE(transaction.ok());
  REQUIRE(connection.execute(kOverwrite).ok());
  REQUIRE(transaction->commit().ok());
}

std::int64_t frames_written(const TempDir& dir) {
  return static_cast<std::int64_t>(std::filesystem::file_size(dir.file("c.db-wal"))) / kFrameBytes;
}

// Two readers of which one always reads, until `done`.
void read_without_pause(const TempDir& dir, const std::atomic<bool>& done) {
  Connection first = open(dir);
  Connection second = open(dir);
  Connection* now = &first;
  Connection* next = &second;
  REQUIRE(now->execute("BEGIN; SELECT count(*) FROM t").ok());
  while (!done) {
    REQUIRE(next->execute("BEGIN; SELECT count(*) FROM t").ok());
    REQUIRE(now->execute("COMMIT").ok());
    std::swap(now, next);
  }
  REQUIRE(now->execute("COMMIT").ok());
}

}  // namespace

TEST_CASE("a WAL begins anew although somebody always reads") {
  const TempDir dir;
  Connection writer = open(dir);
  fill(writer);
  std::atomic<bool> done = false;
  std::thread reader([&] { read_without_pause(dir, done); });
  for (int i = 0; i < 2 * Checkpoints::kFramesMax / 60; ++i) overwrite(writer);
  done = true;
  reader.join();
  CHECK(frames_written(dir) < 7 * Checkpoints::kFramesMax / 4);
}

}  // namespace murmel::store::test
