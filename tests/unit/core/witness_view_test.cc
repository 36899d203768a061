#include "agent/core/witness_view.h"

#include <doctest/doctest.h>

namespace murmel::core {
namespace {

const NodeId kSlots = decided_origin(1);
const std::vector<NodeId> kVoters{1, 2};

Have have(Seq seq, Seq trimmed = 0) {
  Have have;
  if (seq > 0) have.vector[kSlots] = seq;
  if (trimmed > 0) have.trimmed[kSlots] = trimmed;
  return have;
}

ChangeSet slot(Seq seq) {
  ChangeSet change;
  change.origin = kSlots;
  change.seq = seq;
  change.hlc = Hlc::at(seq);
  return change;
}

Instant at(std::int64_t ms) {
  return Instant{} + milliseconds(ms);
}

// Node 1 and 2 are linked, and have told nothing yet.
WitnessView linked_view() {
  WitnessView view;
  view.peer_up(1);
  view.peer_up(2);
  return view;
}

}  // namespace

TEST_CASE("a slot is durable when every voter with a database has it, linked or not") {
  WitnessView view = linked_view();
  view.decided({slot(1), slot(2)});
  CHECK(seq_of(view.store().have, kSlots) == 2);
  view.heard(1, have(2), kVoters);
  CHECK(seq_of(view.store().durable, kSlots) == 0);
  view.heard(2, have(1), kVoters);
  CHECK(seq_of(view.store().durable, kSlots) == 1);
  view.peer_down(2);
  view.heard(1, have(3), kVoters);
  CHECK(seq_of(view.store().durable, kSlots) == 1);
}

TEST_CASE("who lacks a slot is given it after a while, if nobody else that is linked has it") {
  WitnessView view = linked_view();
  view.heard(1, have(2), kVoters);
  view.heard(2, have(0), kVoters);
  CHECK(view.to_give(at(0), 2, {{kSlots, 2}}).empty());
  CHECK(view.to_give(at(2'000), 2, {{kSlots, 2}}).empty());
  view.peer_down(1);
  CHECK(view.to_give(at(2'100), 2, {{kSlots, 2}}) == std::vector<Position>{{kSlots, 1}});
}

TEST_CASE("what a database has and is not held here is asked for after a while, and on from the answer") {
  WitnessView view = linked_view();
  view.heard(1, have(9), kVoters);
  CHECK(view.to_ask(at(0), 1, {}, {}).empty());
  CHECK(view.to_ask(at(600), 1, {}, {}) == std::vector<Position>{{kSlots, 1}});
  CHECK(view.to_ask(at(700), 1, {}, {}).empty());
  CHECK(view.to_ask(at(750), 1, {{kSlots, 4}}, {{kSlots, 4}}) == std::vector<Position>{{kSlots, 5}});
  CHECK(view.to_ask(at(2'000), 1, {{kSlots, 9}}, {{kSlots, 9}}).empty());
}

TEST_CASE("without room for rows the outcomes are asked for, one answer after the other, then rows again") {
  WitnessView view = linked_view();
  view.heard(1, have(9), kVoters);
  const VersionVector none{{kSlots, 0}};
  CHECK(view.to_ask(at(0), 1, none, none).empty());
  CHECK(view.to_ask(at(600), 1, none, none) == std::vector<Position>{{kSlots, 1}});
  CHECK(view.to_ask(at(650), 1, none, {{kSlots, 4}}).empty());
  CHECK(view.to_ask(at(1'700), 1, none, {{kSlots, 4}}) == std::vector<Position>{{kSlots, 5}});
  CHECK(view.to_ask(at(1'750), 1, none, {{kSlots, 7}}) == std::vector<Position>{{kSlots, 8}});
  CHECK(view.to_ask(at(1'800), 1, none, {{kSlots, 9}}) == std::vector<Position>{{kSlots, 1}});
  CHECK(view.to_ask(at(1'900), 1, none, {{kSlots, 9}}).empty());
}

TEST_CASE("what is in no log any more is decided, but may not be forgotten for that") {
  WitnessView view = linked_view();
  view.heard(1, have(5, 4), kVoters);
  CHECK(seq_of(view.store().trimmed, kSlots) == 4);
  CHECK(seq_of(view.store().have, kSlots) == 4);
  CHECK(seq_of(view.store().durable, kSlots) == 0);
}

}  // namespace murmel::core
