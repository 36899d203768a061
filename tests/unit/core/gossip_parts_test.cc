#include <doctest/doctest.h>

#include "agent/core/dialer.h"
#include "agent/core/outbox.h"
#include "agent/core/rumours.h"

namespace murmel::core {
namespace {

Member member(NodeId id, std::uint32_t incarnation = 1) {
  return {id, {}, "", MemberState::kAlive, incarnation};
}

TEST_CASE("news is told a bounded number of times, the least told first") {
  Rumours rumours;
  rumours.spread(member(1));
  CHECK(rumours.pick(1, 4)[0].id == 1);
  rumours.spread(member(2));
  CHECK(rumours.pick(1, 4)[0].id == 2);
  std::size_t told = 0;
  while (!rumours.pick(2, 4).empty()) ++told;
  CHECK(told < 12);
}

TEST_CASE("newer news about a member takes the place of older news") {
  Rumours rumours;
  rumours.spread(member(1, 1));
  rumours.spread(member(1, 2));
  const auto picked = rumours.pick(8, 4);
  REQUIRE(picked.size() == 1);
  CHECK(picked[0].incarnation == 2);
}

TEST_CASE("an address is dialled at once, then after growing pauses, then at the longest") {
  Dialer dialer(seconds(1), seconds(4));
  const std::vector<Dialer::Wanted> wanted{{"a", {}}};
  Instant now{seconds(10).ns};
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 4; ++i) {
    CHECK(dialer.due(now, wanted).size() == 1);
    pauses.push_back((dialer.due_at() - now).ms());
    now = dialer.due_at();
  }
  CHECK(pauses == std::vector<std::int64_t>{1'000, 2'000, 4'000, 4'000});
}

TEST_CASE("an address that was not wanted for a while starts over") {
  Dialer dialer(seconds(1), seconds(60));
  const Instant now{seconds(10).ns};
  CHECK(dialer.due(now, {{"a", {}}}).size() == 1);
  CHECK(dialer.due(now, {}).empty());
  CHECK(dialer.due_at() == kNever);
  CHECK(dialer.due(now, {{"a", seconds(1)}}).empty());
  CHECK(dialer.due_at() == now + seconds(1));
}

TEST_CASE("the latest own change sets are kept, older ones are left to the log") {
  Outbox outbox(300);
  outbox.reset(10);
  CHECK_FALSE(outbox.covers(11));
  ChangeSet change;
  change.origin = 1;
  for (Seq seq = 11; seq <= 20; ++seq) {
    change.seq = seq;
    outbox.add(change);
  }
  CHECK(outbox.last() == 20);
  CHECK(outbox.covers(20));
  CHECK_FALSE(outbox.covers(11));
  CHECK_FALSE(outbox.covers(21));
  CHECK(outbox.range(19, 1'000).size() == 2);
  CHECK(outbox.range(19, 1).size() == 1);
}

}  // namespace
}  // namespace murmel::core
