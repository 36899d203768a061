// A peer that has proven the secret and then sends, or asks for, more than it may.
#include <doctest/doctest.h>

#include "tests/unit/io/link_fixture.h"
#include "tests/unit/io/test_certificates.h"

using namespace murmel;
using namespace murmel::io;

namespace {

// Node 2 is the one that is flooded; 1 floods, 3 behaves.
struct Flood {
  std::unique_ptr<Loop> loop = std::move(Loop::make()).value();
  TestAuthority authority{"cluster authority"};
  std::unique_ptr<TestNode> hostile;
  std::unique_ptr<TestNode> victim;
  std::unique_ptr<TestNode> friendly;

  explicit Flood(const IntakeRates& rates, bool tls = false) {
    const auto with = [&](NodeId node) {
      LinkOptions options = options_of(node);
      if (tls) options.tls = authority.issue("node" + std::to_string(node));
      return options;
    };
    LinkOptions options = with(2);
    options.limits.intake = rates;
    victim = std::make_unique<TestNode>(*loop, options);
    hostile = std::make_unique<TestNode>(*loop, with(1));
    friendly = std::make_unique<TestNode>(*loop, with(3));
  }

  bool link() {
    if (!hostile->links->dial(victim->address()).ok()) return false;
    if (!friendly->links->dial(victim->address()).ok()) return false;
    return run_until(*loop, [&] {
      return hostile->links->linked(2) && friendly->links->linked(2) && victim->links->linked(1) &&
             victim->links->linked(3);
    });
  }

  void send(int messages, std::size_t bytes) {
    for (int i = 0; i < messages; ++i) {
      REQUIRE(hostile->links->send(2, packed(std::to_string(i) + std::string(bytes, 'x'))) ==
              SendResult::kQueued);
    }
  }
  std::size_t arrived(NodeId from) const {
    std::size_t count = 0;
    for (const auto& [node, text] : victim->messages) count += node == from ? 1 : 0;
    return count;
  }
  LinkStats stats_of(NodeId node) const {
    for (const LinkStats& link : victim->links->stats().links) {
      if (link.node == node) return link;
    }
    return {};
  }
};

// Few messages at a low rate: what a loaded machine takes to handle them is little beside the pause.
void check_flood_of_messages(bool tls) {
  Flood flood({.messages = 100}, tls);
  REQUIRE(flood.link());
  const Instant begin = flood.loop->now();
  flood.send(250, 10);
  REQUIRE(run_until(*flood.loop, [&] { return !flood.victim->slowings.empty(); }));
  CHECK(flood.victim->slowings[0].limit == IntakeLimit::kMessages);
  CHECK_LE(flood.arrived(1), 210);

  CHECK(flood.friendly->links->send(2, packed("from a friend")) == SendResult::kQueued);
  REQUIRE(run_until(*flood.loop, [&] { return flood.arrived(3) == 1; }));
  CHECK_LT(flood.arrived(1), 250);

  REQUIRE(run_until(*flood.loop, [&] { return flood.arrived(1) == 250; }));
  CHECK_GE((flood.loop->now() - begin).ms(), 450);  // 50 above the burst of 200
  for (std::size_t i = 0, next = 0; i < flood.victim->messages.size(); ++i) {
    if (flood.victim->messages[i].first != 1) continue;
    CHECK(flood.victim->messages[i].second.starts_with(std::to_string(next++) + "x"));
  }
  CHECK_GE(flood.stats_of(1).pauses, 1);
  CHECK_GE(flood.stats_of(1).paused.ms(), 250);  // the rest went by while it was read
  CHECK_EQ(flood.stats_of(3).pauses, 0);
}

}  // namespace

TEST_CASE("a flood of messages is read at the rate, in order and whole; other peers do not notice") {
  check_flood_of_messages(false);
}

TEST_CASE("the same inside TLS, whose session holds more than one message") {
  check_flood_of_messages(true);
}

TEST_CASE("a flood of bytes stays with its sender") {
  Flood flood({.bytes = 1 << 20});
  REQUIRE(flood.link());
  flood.send(32, 1 << 20);
  REQUIRE(run_until(*flood.loop, [&] { return !flood.victim->slowings.empty(); }));
  flood.loop->run_for(milliseconds(50));
  CHECK(flood.victim->slowings[0].limit == IntakeLimit::kBytes);
  CHECK_LE(flood.arrived(1), 4);
  // What was neither read here nor held by the kernel waits over there.
  CHECK_GT(flood.hostile->links->stats().links[0].queued_bytes, 8U << 20);
}

TEST_CASE("compressed bytes count as what they become") {
  Flood flood({.bytes = 1 << 20});
  REQUIRE(flood.link());
  CHECK(flood.hostile->links->send(2, packed(std::string(8 << 20, 'x'), 1)) == SendResult::kQueued);
  REQUIRE(run_until(*flood.loop, [&] { return !flood.victim->slowings.empty(); }));
  CHECK_GE(flood.victim->slowings[0].pause.ms(), 5'000);
}

TEST_CASE("expensive requests have a budget of their own") {
  Flood flood({.requests = 100});
  flood.victim->on_message = [&](NodeId node) { flood.victim->links->charge(node, 20); };
  REQUIRE(flood.link());
  flood.send(100, 10);
  REQUIRE(run_until(*flood.loop, [&] { return !flood.victim->slowings.empty(); }));
  CHECK(flood.victim->slowings[0].limit == IntakeLimit::kRequests);
  CHECK_LE(flood.arrived(1), 12);
  CHECK_EQ(flood.arrived(3), 0);
}

TEST_CASE("a link that is paused can be dropped, and its peer comes back") {
  Flood flood({.messages = 10});
  REQUIRE(flood.link());
  flood.send(200, 10);
  REQUIRE(run_until(*flood.loop, [&] { return !flood.victim->slowings.empty(); }));
  flood.victim->links->drop(1, {ErrorCode::kRefused, "enough"});
  REQUIRE(run_until(*flood.loop, [&] { return !flood.hostile->downs.empty(); }));
  REQUIRE(flood.hostile->links->dial(flood.victim->address()).ok());
  CHECK(run_until(*flood.loop, [&] { return flood.victim->links->linked(1); }));
}
