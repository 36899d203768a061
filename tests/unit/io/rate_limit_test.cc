#include "agent/io/rate_limit.h"

#include <doctest/doctest.h>

using namespace murmel;
using namespace murmel::io;

namespace {

Instant at(std::int64_t ms) {
  return {ms * 1'000'000};
}

int take_all(RateLimit& limit, Instant now) {
  int taken = 0;
  while (taken < 1'000 && limit.take(now)) ++taken;
  return taken;
}

}  // namespace

TEST_CASE("a burst goes through, then the rate holds") {
  RateLimit limit(10, 5);
  CHECK_EQ(take_all(limit, at(1'000'000)), 5);
  CHECK_EQ(take_all(limit, at(1'000'050)), 0);
  CHECK_EQ(take_all(limit, at(1'000'100)), 1);
  CHECK_EQ(take_all(limit, at(1'000'400)), 3);
  CHECK_EQ(take_all(limit, at(9'000'000)), 5);
}

TEST_CASE("many small steps gain as much as one large one") {
  RateLimit limit(10, 5);
  CHECK_EQ(take_all(limit, at(1'000)), 5);
  int taken = 0;
  for (int ms = 1'001; ms <= 2'000; ++ms) taken += limit.take(at(ms)) ? 1 : 0;
  CHECK_EQ(taken, 10);
}

TEST_CASE("a clock that stands still or goes back gives nothing and breaks nothing") {
  RateLimit limit(10, 1);
  CHECK(limit.take(at(5'000)));
  CHECK_FALSE(limit.take(at(5'000)));
  CHECK_FALSE(limit.take(at(1'000)));
  CHECK(limit.take(at(5'100)));
}
