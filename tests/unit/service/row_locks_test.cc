#include "agent/service/row_locks.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "agent/service/consistency_hint.h"

namespace murmel::service {
namespace {

using Outcome = RowLocks::Outcome;

constexpr core::RowKey kRow{1, 1};
constexpr core::RowKey kOther{2, 2};
const RowLocks::Patience kNone{{}, [] { return false; }};
const RowLocks::Patience kAny{RowLocks::Clock::time_point::max(), [] { return false; }};

Outcome lock(RowLocks& locks, RowLocks::Owner& owner, core::RowKey key,
             RowLocks::Mode mode = RowLocks::kWrite) {
  const RowLocks::Wish wish{key, mode, true};
  return locks.lock(owner, {&wish, 1}, kNone);
}

}  // namespace

TEST_CASE("a row is one session's until its transaction ends") {
  RowLocks locks;
  RowLocks::Owner a;
  RowLocks::Owner b;
  CHECK(lock(locks, a, kRow) == Outcome::kGranted);
  CHECK(lock(locks, a, kRow) == Outcome::kGranted);
  CHECK(lock(locks, b, kRow) == Outcome::kTimeout);
  CHECK(lock(locks, b, kOther) == Outcome::kGranted);
  locks.release(a, true);
  CHECK(lock(locks, b, kRow) == Outcome::kGranted);
  locks.release(b, false);
}

TEST_CASE("tables are shared by those who write rows, or by those who read them, or are one session's") {
  RowLocks locks;
  RowLocks::Owner a;
  RowLocks::Owner b;
  const core::RowKey table = RowLocks::table_key("T");
  CHECK(table == RowLocks::table_key("t"));
  CHECK(lock(locks, a, table, RowLocks::kUse) == Outcome::kGranted);
  CHECK(lock(locks, b, table, RowLocks::kUse) == Outcome::kGranted);
  CHECK(lock(locks, b, table, RowLocks::kShare) == Outcome::kTimeout);
  CHECK(lock(locks, b, table, RowLocks::kWrite) == Outcome::kTimeout);
  locks.release(a, false);
  CHECK(lock(locks, b, table, RowLocks::kWrite) == Outcome::kGranted);
  CHECK(lock(locks, a, table, RowLocks::kUse) == Outcome::kTimeout);
  locks.release(b, false);
}

TEST_CASE("rows of a table are locked beside each other, and hold up who wants the table") {
  RowLocks locks;
  RowLocks::Owner a;
  RowLocks::Owner b;
  const core::RowKey table = RowLocks::table_key("t");
  CHECK(lock(locks, a, table, RowLocks::kUse) == Outcome::kGranted);
  CHECK(lock(locks, b, table, RowLocks::kView) == Outcome::kGranted);
  CHECK(lock(locks, a, kRow, RowLocks::kShare) == Outcome::kGranted);
  CHECK(lock(locks, b, kRow, RowLocks::kShare) == Outcome::kGranted);
  CHECK(lock(locks, b, kRow, RowLocks::kWrite) == Outcome::kTimeout);
  CHECK(lock(locks, b, table, RowLocks::kShare) == Outcome::kTimeout);
  locks.release(a, false);
  CHECK(lock(locks, a, table, RowLocks::kWrite) == Outcome::kTimeout);
  CHECK(lock(locks, a, table, RowLocks::kShare) == Outcome::kGranted);
  CHECK(lock(locks, b, table, RowLocks::kUse) == Outcome::kTimeout);
  locks.release(a, false);
  locks.release(b, false);
}

TEST_CASE("what was locked without being changed is not told as changed, and can be given back alone") {
  RowLocks locks;
  RowLocks::Owner a;
  RowLocks::Owner b;
  const RowLocks::Wish read{kRow, RowLocks::kWrite};
  const RowLocks::Wish written{kOther, RowLocks::kWrite, true};
  const std::int64_t before = locks.now();
  CHECK(locks.lock(a, {&written, 1}, kNone) == Outcome::kGranted);
  const std::size_t mark = RowLocks::mark(a);
  CHECK(locks.lock(a, {&read, 1}, kNone) == Outcome::kGranted);
  CHECK(locks.is_free(a, read));
  CHECK_FALSE(locks.is_free(b, read));
  locks.release_since(a, mark);
  CHECK(locks.is_free(b, read));
  CHECK_FALSE(locks.is_free(b, written));
  CHECK(locks.lock(a, {&read, 1}, kNone) == Outcome::kGranted);
  locks.release(a, true);
  CHECK_FALSE(locks.changed_since({&read, 1}, before));
  CHECK(locks.changed_since({&written, 1}, before));
}

TEST_CASE("what was committed since a snapshot is known, what was rolled back is not") {
  RowLocks locks;
  RowLocks::Owner a;
  const RowLocks::Wish wish{kRow, RowLocks::kWrite, true};
  const std::int64_t before = locks.now();
  CHECK(lock(locks, a, kRow) == Outcome::kGranted);
  locks.release(a, false);
  CHECK_FALSE(locks.changed_since({&wish, 1}, before));
  CHECK(lock(locks, a, kRow) == Outcome::kGranted);
  locks.release(a, true);
  CHECK(locks.changed_since({&wish, 1}, before));
  CHECK_FALSE(locks.changed_since({&wish, 1}, locks.now()));
}

TEST_CASE("of two that wait for each other one is told so") {
  RowLocks locks;
  RowLocks::Owner a;
  RowLocks::Owner b;
  CHECK(lock(locks, a, kRow) == Outcome::kGranted);
  CHECK(lock(locks, b, kOther) == Outcome::kGranted);
  const RowLocks::Wish first{kOther, RowLocks::kWrite};
  const RowLocks::Wish second{kRow, RowLocks::kWrite};
  Outcome of_b = Outcome::kGranted;
  std::thread waits([&] {
    of_b = locks.lock(b, {&second, 1}, kAny);
    locks.release(b, false);
  });
  const Outcome of_a = locks.lock(a, {&first, 1}, kAny);
  locks.release(a, false);
  waits.join();
  CHECK((of_a == Outcome::kDeadlock) != (of_b == Outcome::kDeadlock));
}

TEST_CASE("many sessions have one row in turn, and nobody is told of a deadlock") {
  RowLocks locks;
  int value = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> sessions;
  for (int i = 0; i < 8; ++i) {
    sessions.emplace_back([&] {
      RowLocks::Owner own;
      const RowLocks::Wish wishes[] = {{RowLocks::table_key("t"), RowLocks::kUse}, {kRow, RowLocks::kWrite}};
      for (int round = 0; round < 200; ++round) {
        if (locks.lock(own, wishes, kAny) != Outcome::kGranted) ++refused;
        ++value;
        locks.release(own, true);
      }
    });
  }
  for (std::thread& session : sessions) session.join();
  CHECK(refused == 0);
  CHECK(value == 1'600);
}

TEST_CASE("a statement's hint stands behind its first word") {
  CHECK(consistency_hint("INSERT /*+ murmel_write_consistency(quorum) */ INTO t").write == "quorum");
  CHECK(consistency_hint(" update/*+ OTHER(x) Murmel_Write_Consistency( ALL ) */ t").write == "all");
  CHECK(consistency_hint("SELECT /*+ murmel_read_consistency(quorum) */ 1").read == "quorum");
  CHECK(consistency_hint("SELECT '/*+ murmel_read_consistency(quorum) */'").read.empty());
  CHECK(consistency_hint("SELECT /*+ murmel_read_consistency(some) */ 1").read.empty());
  CHECK(consistency_hint("SELECT /*+ murmel_read_consistency(quorum").read.empty());
}

}  // namespace murmel::service
