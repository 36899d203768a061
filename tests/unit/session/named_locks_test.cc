#include "agent/session/named_locks.h"

#include <doctest/doctest.h>

#include <thread>

namespace murmel::session {
namespace {

using Outcome = NamedLocks::Outcome;

constexpr double kForEver = -1;
const std::function<bool()> kNever = [] { return false; };

TEST_CASE("a lock is released as often as it was taken") {
  NamedLocks locks;
  CHECK(locks.lock(1, "job", 0, kNever) == Outcome::kGranted);
  CHECK(locks.lock(1, "job", 0, kNever) == Outcome::kGranted);
  CHECK(locks.lock(2, "job", 0, kNever) == Outcome::kTimeout);
  CHECK(locks.owner("job") == 1);
  CHECK_FALSE(locks.unlock(2, "job"));
  CHECK(locks.unlock(1, "job"));
  CHECK(locks.lock(2, "job", 0, kNever) == Outcome::kTimeout);
  CHECK(locks.unlock(1, "job"));
  CHECK(locks.lock(2, "job", 0, kNever) == Outcome::kGranted);
}

TEST_CASE("who waits gets the lock when its owner goes") {
  NamedLocks locks;
  REQUIRE(locks.lock(1, "job", 0, kNever) == Outcome::kGranted);
  REQUIRE(locks.lock(1, "other", 0, kNever) == Outcome::kGranted);
  std::thread leaving([&] { CHECK(locks.unlock_all(1) == 2); });
  CHECK(locks.lock(2, "job", kForEver, kNever) == Outcome::kGranted);
  leaving.join();
}

TEST_CASE("who would wait for itself is told so") {
  NamedLocks locks;
  REQUIRE(locks.lock(1, "a", 0, kNever) == Outcome::kGranted);
  REQUIRE(locks.lock(2, "b", 0, kNever) == Outcome::kGranted);
  Outcome second = Outcome::kGranted;
  std::thread waiting([&] {
    second = locks.lock(2, "a", kForEver, kNever);
    locks.unlock_all(2);
  });
  // Whoever comes second closes the circle.
  const Outcome first = locks.lock(1, "b", kForEver, kNever);
  locks.unlock_all(1);
  waiting.join();
  CHECK((first == Outcome::kDeadlock) != (second == Outcome::kDeadlock));
}

TEST_CASE("waiting ends when the statement is interrupted") {
  NamedLocks locks;
  REQUIRE(locks.lock(1, "job", 0, kNever) == Outcome::kGranted);
  CHECK(locks.lock(2, "job", kForEver, [] { return true; }) == Outcome::kInterrupted);
  CHECK_FALSE(locks.sleep(100, [] { return true; }));
  CHECK(locks.sleep(0, kNever));
}

}  // namespace
}  // namespace murmel::session
