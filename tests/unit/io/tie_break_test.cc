#include "agent/io/tie_break.h"

#include <doctest/doctest.h>

using namespace murmel;
using namespace murmel::io;

namespace {

constexpr Duration kSimultaneous = seconds(8);
Instant at(std::int64_t s) {
  return {s * 1'000'000'000};
}

}  // namespace

TEST_CASE("of two simultaneous connections both nodes keep the one that the smaller id dialed") {
  for (const NodeId peer : {NodeId{1}, NodeId{3}}) {
    for (const bool newcomer_dialed : {false, true}) {
      const Standing present{!newcomer_dialed, at(10)};
      const Standing newcomer{newcomer_dialed, at(11)};
      const bool here = newcomer_stays(2, peer, present, newcomer, kSimultaneous);
      const bool there =
          newcomer_stays(peer, 2, {newcomer_dialed, at(10)}, {!newcomer_dialed, at(11)}, kSimultaneous);
      CHECK_EQ(here, there);
      CHECK_EQ(here, newcomer_dialed == (2 < peer));
    }
  }
}

TEST_CASE("a second connection that the same node dialed takes the place of the first") {
  CHECK(newcomer_stays(2, 1, {true, at(10)}, {true, at(10)}, kSimultaneous));
  CHECK(newcomer_stays(2, 1, {false, at(10)}, {false, at(10)}, kSimultaneous));
}

TEST_CASE("a connection older than any simultaneous dial gives way") {
  CHECK(newcomer_stays(1, 2, {true, at(10)}, {false, at(19)}, kSimultaneous));
  CHECK_FALSE(newcomer_stays(1, 2, {true, at(10)}, {false, at(18)}, kSimultaneous));
}
