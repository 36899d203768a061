#include "agent/base/random.h"

#include <doctest/doctest.h>

#include <array>

using murmel::Random;

TEST_CASE("the same seed gives the same numbers") {
  Random a(7);
  Random b(7);
  Random c(8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto value = a.next();
    CHECK_EQ(value, b.next());
    differs = differs || value != c.next();
  }
  CHECK(differs);
}

TEST_CASE("below() reaches every value under the bound and none above") {
  Random random(1);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) ++seen.at(random.below(6));
  for (int count : seen) CHECK(count > 800);
}
