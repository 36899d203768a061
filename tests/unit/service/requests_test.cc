#include "agent/service/requests.h"

#include <doctest/doctest.h>

namespace murmel::service {
namespace {

wire::PeerMessage pull(Seq from) {
  return {.database = "app", .body = core::Pull{.origin = 1, .from = from}};
}
wire::PeerMessage question(std::size_t bytes) {
  return {.database = "", .body = wire::Call{1, "hashes", std::string(bytes, 'x')}};
}

}  // namespace

TEST_CASE("what makes this node work costs, the answers and the flow of changes do not") {
  CHECK_EQ(request_cost(core::Changes{}), 0);
  CHECK_EQ(request_cost(core::Have{}), 0);
  CHECK_EQ(request_cost(core::SwimMessage{}), 0);
  CHECK_EQ(request_cost(wire::SnapshotChunk{}), 0);
  CHECK_EQ(request_cost(core::Pull{}), 1);
  CHECK_EQ(request_cost(wire::SnapshotRequest{.transfer = 7}), 1);
  CHECK_GT(request_cost(wire::SnapshotRequest{.transfer = 0}), 1);
  CHECK_GT(request_cost(wire::Call{}), 1);
}

TEST_CASE("parked requests come back in order, each peer's apart") {
  ParkedRequests parked;
  parked.park(1, pull(10));
  parked.park(2, pull(20));
  parked.park(1, pull(11));
  CHECK(parked.next(1) == pull(10));
  CHECK(parked.next(1) == pull(11));
  CHECK(parked.next(1) == std::nullopt);
  CHECK(parked.next(2) == pull(20));
  parked.park(2, pull(21));
  parked.forget(2);
  CHECK(parked.next(2) == std::nullopt);
}

TEST_CASE("what a peer can park is bounded in number and bytes, and what does not fit is counted") {
  ParkedRequests parked;
  for (Seq i = 0; i < 10'000; ++i) parked.park(1, pull(i + 1));
  CHECK_EQ(parked.dropped(), 10'000 - kParkedRequestsMax);
  parked.park(2, question(kParkedBytesMax));
  CHECK(parked.next(2) == std::nullopt);
  for (int i = 0; i < 10; ++i) parked.park(2, question(kParkedBytesMax / 4));
  int kept = 0;
  while (parked.next(2)) ++kept;
  CHECK_EQ(kept, 3);
  parked.park(2, question(kParkedBytesMax / 2));  // room again
  CHECK(parked.next(2).has_value());
}

}  // namespace murmel::service
