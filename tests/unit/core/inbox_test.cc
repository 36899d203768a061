#include "agent/core/inbox.h"

#include <doctest/doctest.h>

#include <string>

namespace murmel::core {
namespace {

constexpr WallMs kNowMs = 1'000'000;

Inbox::Limits limits() {
  Inbox::Limits limits;
  limits.hold_back_bytes = 10'000;
  limits.transaction_bytes = 5'000;
  limits.apply_bytes = 100'000;
  limits.max_clock_offset = milliseconds(500);
  return limits;
}

ChangeSet change(NodeId origin, Seq seq, std::vector<Position> depends = {}, bool more = false) {
  ChangeSet set;
  set.origin = origin;
  set.seq = seq;
  set.hlc = Hlc::at(kNowMs);
  set.more = more;
  set.depends = std::move(depends);
  return set;
}

std::string taken_out(Inbox& inbox, WallMs now = kNowMs) {
  std::string text;
  for (const ChangeSet& set : inbox.next_batch(now, [](NodeId) { return false; }).changes) {
    text += (text.empty() ? "" : " ") + std::to_string(set.origin) + ":" + std::to_string(set.seq);
  }
  return text;
}

TEST_CASE("change sets leave in order; what is here already or comes too early is not kept") {
  Inbox inbox(limits());
  CHECK(inbox.take(change(2, 2)) == Inbox::Taken::kGap);
  CHECK(inbox.take(change(2, 1)) == Inbox::Taken::kNew);
  CHECK(inbox.take(change(2, 1)) == Inbox::Taken::kOld);
  CHECK(inbox.take(change(2, 2)) == Inbox::Taken::kNew);
  CHECK(inbox.received(2) == 2);
  CHECK(taken_out(inbox) == "2:1 2:2");
  CHECK(inbox.bytes() == 0);
}

TEST_CASE("a change set waits for what it depends on") {
  Inbox inbox(limits());
  inbox.take(change(2, 1, {{3, 1}}));
  CHECK(taken_out(inbox).empty());
  inbox.take(change(3, 1));
  CHECK(taken_out(inbox) == "3:1 2:1");
}

TEST_CASE("own change sets count as dependencies once they are in the store") {
  Inbox inbox(limits());
  inbox.take(change(2, 1, {{1, 4}}));
  inbox.note_own(1, 3);
  CHECK(taken_out(inbox).empty());
  inbox.note_own(1, 4);
  CHECK(taken_out(inbox) == "2:1");
}

TEST_CASE("a transaction leaves whole") {
  Inbox inbox(limits());
  inbox.take(change(2, 1, {}, true));
  CHECK(taken_out(inbox).empty());
  inbox.take(change(2, 2));
  CHECK(taken_out(inbox) == "2:1 2:2");
}

TEST_CASE("a stamp from the future waits until the wall clock comes near") {
  Inbox inbox(limits());
  ChangeSet early = change(2, 1);
  early.hlc = Hlc::at(kNowMs + 501);
  inbox.take(early);
  inbox.take(change(3, 1));
  const auto batch = inbox.next_batch(kNowMs, [](NodeId) { return false; });
  CHECK(batch.changes.size() == 1);
  CHECK(batch.clock_waiting == 1);
  CHECK(batch.clock_wanted == early.hlc);
  CHECK(taken_out(inbox, kNowMs + 1) == "2:1");
}

TEST_CASE("a full inbox still takes an origin's next transaction, so that none waits for ever") {
  Inbox inbox(limits());
  Inbox::Taken taken = Inbox::Taken::kNew;
  Seq seq = 1;
  while ((taken = inbox.take(change(2, seq, {{3, 1}}))) == Inbox::Taken::kNew) ++seq;
  CHECK(taken == Inbox::Taken::kFull);
  CHECK_FALSE(inbox.room_for(2));
  CHECK(inbox.room_for(3));
  CHECK(inbox.take(change(3, 1)) == Inbox::Taken::kNew);
  CHECK(taken_out(inbox).substr(0, 7) == "3:1 2:1");
}

TEST_CASE("a transaction beyond the limit is told apart") {
  Inbox inbox(limits());
  Seq seq = 1;
  Inbox::Taken taken = Inbox::Taken::kNew;
  while ((taken = inbox.take(change(2, seq, {}, true))) == Inbox::Taken::kNew) ++seq;
  CHECK(taken == Inbox::Taken::kTooLarge);
}

TEST_CASE("what the store did not take must come again") {
  Inbox inbox(limits());
  inbox.take(change(2, 1));
  inbox.take(change(2, 2));
  CHECK(taken_out(inbox) == "2:1 2:2");
  inbox.take(change(2, 3));
  inbox.rebase({{2, 1}});
  CHECK(inbox.received(2) == 1);
  CHECK(inbox.bytes() == 0);
  CHECK(inbox.take(change(2, 2)) == Inbox::Taken::kNew);
}

}  // namespace
}  // namespace murmel::core
