#include "agent/core/membership.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace murmel::core {
namespace {

Uuid uuid_of(NodeId id) {
  Uuid uuid;
  uuid.bytes[15] = static_cast<std::uint8_t>(id);
  return uuid;
}

std::string address_of(NodeId id) {
  return "n" + std::to_string(id) + ":1";
}

// A few nodes on a perfect network, except for the links that a test cuts.
class Net {
 public:
  void add(NodeId id, std::vector<std::string> seeds = {}) {
    MembershipOptions options;
    options.self = id;
    options.uuid = uuid_of(id);
    options.address = address_of(id);
    options.seeds = std::move(seeds);
    options.random_seed = id;
    nodes_[id] = std::make_unique<Membership>(options);
  }
  MemberEffects step(NodeId id, MemberInput input) {
    MemberEffects effects;
    nodes_.at(id)->step({now_, 0}, std::move(input), effects);
    for (const std::string& text : effects.report) reports_.push_back(text);
    return effects;
  }
  void feed(NodeId id, MemberInput input) { carry_out(id, step(id, std::move(input))); }
  void link(NodeId a, NodeId b) {
    links_.insert({a, b});
    links_.insert({b, a});
    feed(a, member_input::LinkUp{b, uuid_of(b), address_of(b)});
    feed(b, member_input::LinkUp{a, uuid_of(a), address_of(a)});
  }
  // Nothing gets through any more, but nobody is told.
  void cut(NodeId a, NodeId b) {
    links_.erase({a, b});
    links_.erase({b, a});
  }
  void silence(NodeId id) {
    for (const auto& [other, node] : nodes_) cut(id, other);
  }
  void run(Duration span) {
    const Instant end = now_ + span;
    while (now_ < end) {
      now_ = now_ + milliseconds(50);
      for (const auto& [id, node] : nodes_) {
        if (node->wake_at() <= now_) feed(id, member_input::Tick{});
      }
    }
  }
  MemberState state(NodeId at, NodeId of) const { return member(at, of).state; }
  Member member(NodeId at, NodeId of) const {
    for (const Member& member : nodes_.at(at)->members()) {
      if (member.id == of) return member;
    }
    return {};
  }
  Membership& node(NodeId id) { return *nodes_.at(id); }
  const std::vector<std::string>& reports() const { return reports_; }

 private:
  void carry_out(NodeId from, const MemberEffects& effects) {
    for (const auto& send : effects.send) {
      if (links_.contains({from, send.to})) feed(send.to, member_input::Received{from, send.message});
    }
  }

  Instant now_{1'000'000'000};
  std::map<NodeId, std::unique_ptr<Membership>> nodes_;
  std::set<std::pair<NodeId, NodeId>> links_;
  std::vector<std::string> reports_;
};

Net three() {
  Net net;
  for (const NodeId id : {1, 2, 3}) net.add(id);
  net.link(1, 2);
  net.link(2, 3);
  net.link(1, 3);
  for (const NodeId id : {1, 2, 3}) net.feed(id, member_input::CaughtUp{});
  net.run(seconds(5));
  return net;
}

TEST_CASE("nodes that meet know each other, and news reaches those who were not there") {
  Net net;
  for (const NodeId id : {1, 2, 3}) net.add(id);
  net.link(1, 2);
  net.link(2, 3);
  CHECK(net.state(3, 2) == MemberState::kJoining);
  net.run(seconds(3));
  CHECK(net.state(3, 1) == MemberState::kJoining);
  CHECK(net.state(1, 3) == MemberState::kJoining);
}

TEST_CASE("a node is JOINING until its databases are caught up") {
  Net net = three();
  CHECK(net.state(1, 1) == MemberState::kAlive);
  CHECK(net.state(1, 3) == MemberState::kAlive);
}

TEST_CASE("a silent node becomes SUSPECT, then DEAD, and stays a member") {
  Net net = three();
  net.silence(3);
  net.run(seconds(4));
  CHECK(net.state(1, 3) == MemberState::kSuspect);
  net.run(seconds(8));
  CHECK(net.state(1, 3) == MemberState::kDead);
  CHECK(net.state(2, 3) == MemberState::kDead);
  CHECK(net.node(1).counted() == std::vector<NodeId>{1, 2, 3});
}

TEST_CASE("a broken path between two nodes makes nobody suspect while a third reaches both") {
  Net net = three();
  net.cut(1, 3);
  net.run(seconds(20));
  CHECK(net.state(1, 3) == MemberState::kAlive);
  CHECK(net.state(3, 1) == MemberState::kAlive);
}

TEST_CASE("a node that is believed dead refutes when it is heard again") {
  Net net = three();
  net.silence(3);
  net.run(seconds(15));
  REQUIRE(net.state(1, 3) == MemberState::kDead);
  const auto before = net.member(1, 3).incarnation;
  net.link(1, 3);
  net.run(seconds(5));
  CHECK(net.state(1, 3) == MemberState::kAlive);
  CHECK(net.member(1, 3).incarnation > before);
  CHECK(net.state(2, 3) == MemberState::kAlive);
}

TEST_CASE("a node that leaves is LEFT at once and does not count") {
  Net net = three();
  net.feed(3, member_input::Leave{});
  CHECK(net.state(1, 3) == MemberState::kLeft);
  CHECK(net.node(1).counted() == std::vector<NodeId>{1, 2});
  CHECK(net.node(3).wake_at() == kNever);
}

TEST_CASE("a node that comes back goes on above what others remember") {
  Net net = three();
  net.feed(3, member_input::Leave{});
  net.silence(3);
  net.add(3);
  net.link(1, 3);
  net.run(seconds(3));
  CHECK(net.state(1, 3) == MemberState::kJoining);
  CHECK(net.state(2, 3) == MemberState::kJoining);
}

TEST_CASE("a removed node learns it, stops, and is refused") {
  Net net = three();
  net.feed(1, member_input::Remove{3});
  CHECK(net.node(3).removed());
  net.run(seconds(2));
  CHECK(net.state(2, 3) == MemberState::kRemoved);
  const MemberEffects effects = net.step(1, member_input::LinkUp{3, uuid_of(3), address_of(3)});
  CHECK(effects.refuse == std::vector<NodeId>{3});
}

TEST_CASE("a removal that was taken back holds no more, whoever still tells of it") {
  Net net = three();
  net.feed(1, member_input::Remove{3});
  const Member removed = net.member(1, 3);
  CHECK(removed.state == MemberState::kRemoved);
  net.feed(1, member_input::Allow{3, uuid_of(3)});
  CHECK(net.state(1, 3) == MemberState::kLeft);
  net.step(1, member_input::Received{2, {SwimKind::kPing, 1, 1, {removed}}});
  CHECK(net.state(1, 3) == MemberState::kLeft);
  CHECK(net.step(1, member_input::LinkUp{3, uuid_of(3), address_of(3)}).refuse.empty());
  net.feed(1, member_input::Remove{3});
  CHECK(net.state(1, 3) == MemberState::kRemoved);
}

TEST_CASE("a second node with the same id is refused and reported once") {
  Net net = three();
  const Uuid other = uuid_of(99);
  CHECK(net.step(1, member_input::LinkUp{3, other, "elsewhere:1"}).refuse == std::vector<NodeId>{3});
  CHECK(net.step(1, member_input::LinkUp{3, other, "elsewhere:1"}).refuse == std::vector<NodeId>{3});
  CHECK(net.reports().size() == 1);
  CHECK(net.member(1, 3).uuid == uuid_of(3));
}

TEST_CASE("a new data directory may take over the id of a node that has left") {
  Net net = three();
  net.feed(3, member_input::Leave{});
  CHECK(net.step(1, member_input::LinkUp{3, uuid_of(99), "elsewhere:1"}).refuse.empty());
  Member news = net.member(1, 3);
  news.uuid = uuid_of(99);
  news.state = MemberState::kJoining;
  ++news.incarnation;
  net.step(1, member_input::Received{3, {SwimKind::kPing, 1, 1, {news}}});
  CHECK(net.member(1, 3) == news);
}

TEST_CASE("seeds are dialled until there is a link, with growing pauses") {
  Net net;
  net.add(1, {"seed:1", address_of(1)});
  CHECK(net.step(1, member_input::Tick{}).dial == std::vector<std::string>{"seed:1"});
  CHECK(net.step(1, member_input::Tick{}).dial.empty());
  CHECK(net.node(1).wake_at() < kNever);
}

}  // namespace
}  // namespace murmel::core
