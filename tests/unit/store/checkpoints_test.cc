#include "agent/store/checkpoints.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "agent/store/connection.h"
#include "tests/unit/store/failing_vfs.h"
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

// Each write may be the one that orders a checkpoint, which is made meanwhile.
void write_until(Connection& connection, const std::function<bool()>& reached) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!reached()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    overwrite(connection);
  }
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

TEST_CASE("a checkpoint that fails is told, and made up for when the disk is well again") {
  const FailingVfs vfs;
  const TempDir dir;
  Connection writer = open(dir);
  fill(writer);
  CHECK(writer.checkpoint_failure().empty());
  FailingVfs::fail_syncs(SQLITE_IOERR_READ);
  write_until(writer, [&] { return !writer.checkpoint_failure().empty(); });
  CHECK(writer.checkpoint_failure().find("c.db: ") != std::string::npos);
  FailingVfs::heal();
  write_until(writer, [&] { return writer.checkpoint_failure().empty(); });
}

TEST_CASE("a database that could not be synced keeps its WAL, whatever the disk says later") {
  const FailingVfs vfs;
  const TempDir dir;
  {
    Connection writer = open(dir);
    fill(writer);
    FailingVfs::fail_syncs(SQLITE_IOERR_FSYNC);
    write_until(writer, [&] { return !writer.checkpoint_failure().empty(); });
    FailingVfs::heal();
    const std::int64_t frames = frames_written(dir);
    for (int i = 0; i < 4 * Checkpoints::kFrames / 60; ++i) overwrite(writer);
    CHECK(frames_written(dir) > frames + 3 * Checkpoints::kFrames);
    CHECK(writer.checkpoint_failure().find("look at the disk") != std::string::npos);
  }
  CHECK(open(dir).checkpoint_failure().empty());
}

}  // namespace murmel::store::test
