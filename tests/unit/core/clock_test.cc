#include "agent/core/clock.h"

#include <doctest/doctest.h>

namespace murmel::core {
namespace {

TEST_CASE("a stamp follows the wall clock and never repeats within a millisecond") {
  HybridClock clock;
  const Hlc first = clock.tick(1000);
  const Hlc second = clock.tick(1000);
  CHECK(first == Hlc::at(1000));
  CHECK(second == Hlc::at(1000, 1));
  CHECK(clock.tick(1001) == Hlc::at(1001));
}

TEST_CASE("a stamp is above everything observed, even if the wall clock steps back") {
  HybridClock clock;
  clock.observe(Hlc::at(5000, 7));
  CHECK(clock.tick(1000) == Hlc::at(5000, 8));
  clock.observe(Hlc::at(10));
  CHECK(clock.last() == Hlc::at(5000, 8));
}

TEST_CASE("a full counter runs over into the next millisecond and keeps the order") {
  HybridClock clock(Hlc::at(1000, 0xffff));
  CHECK(clock.tick(1000) == Hlc::at(1001));
}

TEST_CASE("a stamp is believed up to the offset and not beyond") {
  CHECK_FALSE(too_far_ahead(Hlc::at(1500), 1000, milliseconds(500)));
  CHECK(too_far_ahead(Hlc::at(1501), 1000, milliseconds(500)));
  CHECK_FALSE(too_far_ahead(Hlc::at(0), 1000, milliseconds(500)));
}

}  // namespace
}  // namespace murmel::core
