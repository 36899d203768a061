#include "agent/io/links.h"

#include <doctest/doctest.h>

#include "agent/wire/handshake_messages.h"
#include "tests/unit/io/link_fixture.h"

using namespace murmel;
using namespace murmel::io;

namespace {

struct Cluster {
  std::unique_ptr<Loop> loop = std::move(Loop::make()).value();
};

struct Pair : Cluster {
  TestNode a{*loop, options_of(1)};
  TestNode b{*loop, options_of(2)};

  bool both_up() const { return a.links->linked(2) && b.links->linked(1); }
  bool link() {
    if (!a.links->dial(b.address()).ok()) return false;
    return run_until(*loop, [&] { return both_up(); });
  }
};

}  // namespace

TEST_CASE("two nodes with one secret get a link and know each other") {
  Pair pair;
  REQUIRE(pair.link());
  REQUIRE_EQ(pair.a.ups.size(), 1);
  REQUIRE_EQ(pair.b.ups.size(), 1);
  CHECK_EQ(pair.a.ups[0].node, 2);
  CHECK(pair.a.ups[0].uuid == uuid_of(2));
  CHECK_EQ(pair.a.ups[0].advertise, pair.b.address());
  CHECK(pair.a.ups[0].dialed_by_us);
  CHECK_FALSE(pair.b.ups[0].dialed_by_us);
  CHECK_EQ(pair.a.ups[0].protocol, wire::kProtocolMax);
}

TEST_CASE("messages arrive whole and in order, both ways") {
  Pair pair;
  REQUIRE(pair.link());
  std::vector<std::string> sent;
  for (std::size_t size : {0, 1, 100, 5'000, 70'000, 3'000'000, 10}) sent.push_back(std::string(size, 'x'));
  for (const auto& text : sent) {
    CHECK(pair.a.links->send(2, packed(text)) == SendResult::kQueued);
    CHECK(pair.b.links->send(1, packed(text, 4096)) == SendResult::kQueued);
  }
  REQUIRE(run_until(*pair.loop, [&] {
    return pair.a.messages.size() == sent.size() && pair.b.messages.size() == sent.size();
  }));
  for (std::size_t i = 0; i < sent.size(); ++i) {
    CHECK(pair.a.messages[i].second == sent[i]);
    CHECK(pair.b.messages[i].second == sent[i]);
  }
  CHECK(pair.b.links->stats().links[0].bytes_sent < 100'000);  // compressed
  CHECK(pair.a.links->stats().links[0].bytes_sent > 3'000'000);
}

TEST_CASE("nodes that dial each other at once end with one link, and agree which") {
  Pair pair;
  REQUIRE(pair.a.links->dial(pair.b.address()).ok());
  REQUIRE(pair.b.links->dial(pair.a.address()).ok());
  REQUIRE(run_until(*pair.loop, [&] { return pair.both_up(); }));
  pair.loop->run_for(milliseconds(50));
  REQUIRE(pair.both_up());
  CHECK_NE(pair.a.ups.back().dialed_by_us, pair.b.ups.back().dialed_by_us);
  CHECK(pair.a.refusals.empty());
  CHECK(pair.b.refusals.empty());
  CHECK(pair.a.links->send(2, packed("still here")) == SendResult::kQueued);
  CHECK(run_until(*pair.loop, [&] { return pair.b.messages.size() == 1; }));
}

TEST_CASE("five nodes that all dial each other end with one link a pair, again and again") {
  for (int round = 0; round < 10; ++round) {
    Cluster cluster;
    std::vector<std::unique_ptr<TestNode>> nodes;
    for (NodeId id = 1; id <= 5; ++id)
      nodes.push_back(std::make_unique<TestNode>(*cluster.loop, options_of(id)));
    const auto each_pair = [&](const auto& holds) {
      for (NodeId a = 1; a <= 5; ++a) {
        for (NodeId b = 1; b <= 5; ++b) {
          if (a != b && !holds(*nodes[a - 1], b)) return false;
        }
      }
      return true;
    };
    const auto dial = [&](TestNode& from, NodeId to) {
      return from.links->dial(nodes[to - 1]->address()).ok();
    };
    const auto linked = [](const TestNode& from, NodeId to) { return from.links->linked(to); };
    REQUIRE(each_pair(dial));
    REQUIRE(run_until(*cluster.loop, [&] { return each_pair(linked); }));
    for (int i = 0; i < 20; ++i) cluster.loop->run_for(milliseconds(1));
    CHECK(each_pair(linked));
    for (const auto& node : nodes) {
      CHECK_EQ(node->ups.size() - node->downs.size(), 4);
      CHECK(node->refusals.empty());
    }
    // What is called a link at both ends is the same connection.
    const auto send = [](TestNode& from, NodeId to) {
      return from.links->send(to, packed("x")) == SendResult::kQueued;
    };
    CHECK(each_pair(send));
    for (const auto& node : nodes) {
      CHECK(run_until(*cluster.loop, [&] { return node->messages.size() == 4; }));
    }
  }
}

TEST_CASE("an address that is linked already is not dialed again") {
  Pair pair;
  REQUIRE(pair.link());
  REQUIRE(pair.a.links->dial(pair.b.address()).ok());
  CHECK_EQ(pair.a.links->stats().dials, 1);
  // Under another name it is dialed once, found out, and then known too.
  const std::string alias = "localhost:" + std::to_string(pair.b.links->port());
  REQUIRE(pair.a.links->dial(alias).ok());
  REQUIRE(run_until(*pair.loop, [&] { return pair.a.links->stats().dials >= 2; }));
  pair.loop->run_for(milliseconds(50));
  CHECK(pair.both_up());
  CHECK(pair.a.downs.empty());
  CHECK_EQ(pair.b.ups.size(), 1);
}

TEST_CASE("a node that dials itself notices and says nothing") {
  Cluster cluster;
  TestNode node(*cluster.loop, options_of(1));
  REQUIRE(node.links->dial(node.address()).ok());
  REQUIRE(run_until(*cluster.loop, [&] { return node.links->stats().accepted == 1; }));
  for (int i = 0; i < 10; ++i) cluster.loop->run_for(milliseconds(5));
  CHECK(node.ups.empty());
  CHECK(node.refusals.empty());
}

TEST_CASE("a dropped link is reported down on both sides, with the reason") {
  Pair pair;
  REQUIRE(pair.link());
  pair.a.links->drop(2, {ErrorCode::kRefused, "removed by an operator"});
  CHECK_FALSE(pair.a.links->linked(2));
  CHECK(pair.a.downs.empty());  // events come from the loop
  REQUIRE(run_until(*pair.loop, [&] { return !pair.a.downs.empty() && !pair.b.downs.empty(); }));
  CHECK(pair.b.downs[0].second.message.find("removed by an operator") != std::string::npos);
  CHECK(pair.a.links->send(2, packed("x")) == SendResult::kNoLink);
  REQUIRE(pair.link());  // nothing is left over that would stand in the way
}

TEST_CASE("a node that goes away is noticed, and found again when it is back") {
  Pair pair;
  REQUIRE(pair.link());
  const std::uint16_t port = pair.b.links->port();
  pair.b.links.reset();
  REQUIRE(run_until(*pair.loop, [&] { return pair.a.downs.size() == 1; }));
  REQUIRE(pair.a.links->dial("127.0.0.1:" + std::to_string(port)).ok());
  REQUIRE(run_until(*pair.loop, [&] { return pair.a.refused_with("connection refused"); }));
  LinkOptions options = options_of(2);
  options.listen_port = port;
  TestNode again(*pair.loop, options);
  REQUIRE(again.links != nullptr);
  REQUIRE(pair.a.links->dial(again.address()).ok());
  CHECK(run_until(*pair.loop, [&] { return again.links->linked(1); }));
}

TEST_CASE("a name that does not resolve is reported") {
  Cluster cluster;
  TestNode node(*cluster.loop, options_of(1));
  REQUIRE(node.links->dial("no-such-host.invalid:7000").ok());
  CHECK(run_until(*cluster.loop, [&] { return node.refused_with("no-such-host.invalid"); }));
}

TEST_CASE("text that is no address is an error at once") {
  Cluster cluster;
  TestNode node(*cluster.loop, options_of(1));
  for (const char* text : {"", "host", "host:", ":1", "host:0", "host:70000", "a:b:1", "[::1:7", "host:1x"}) {
    CAPTURE(text);
    CHECK_FALSE(node.links->dial(text).ok());
  }
}

TEST_CASE("a peer that the node does not admit gets the reason") {
  Pair pair;
  pair.b.on_admit = [](const PeerInfo&) { return Status(Error{ErrorCode::kRefused, "node 1 was removed"}); };
  REQUIRE(pair.a.links->dial(pair.b.address()).ok());
  REQUIRE(run_until(*pair.loop, [&] { return pair.a.refused_with("node 1 was removed"); }));
  CHECK(pair.b.refused_with("node 1 was removed"));
  CHECK(pair.a.ups.empty());
  CHECK(pair.b.ups.empty());
}

TEST_CASE("a peer that does not read: the queue fills to its limit, and tells when it is writable again") {
  Cluster cluster;
  LinkOptions options = options_of(1);
  options.limits.send_high_bytes = 1 << 20;
  options.limits.send_low_bytes = 256 << 10;
  options.limits.send_bytes_max = 4 << 20;
  TestNode a(*cluster.loop, options);
  TestNode b(*cluster.loop, options_of(2));
  REQUIRE(a.links->dial(b.address()).ok());
  REQUIRE(run_until(*cluster.loop, [&] { return a.links->linked(2) && b.links->linked(1); }));
  b.links->pause(1);

  const wire::Packed message = packed(std::string(64 << 10, 'x'));
  std::size_t queued = 0;
  SendResult last = SendResult::kQueued;
  // The kernel's buffers take some before the queue fills.
  for (int i = 0; i < 2'000 && last == SendResult::kQueued; ++i) {
    last = a.links->send(2, message);
    if (last == SendResult::kQueued) ++queued;
    if (i % 8 == 0) cluster.loop->run_for(milliseconds(0));
  }
  CHECK(last == SendResult::kFull);
  CHECK_FALSE(a.links->writable(2));
  CHECK_FALSE(a.links->flushed());
  CHECK(a.links->stats().links[0].queued_bytes <= options.limits.send_bytes_max);
  CHECK_EQ(a.links->stats().links[0].messages_refused, 1);
  CHECK(a.writables.empty());

  b.links->resume(1);
  REQUIRE(run_until(*cluster.loop, [&] { return b.messages.size() == queued; }));
  CHECK_EQ(a.writables, std::vector<NodeId>{2});
  CHECK(a.links->writable(2));
  CHECK(run_until(*cluster.loop, [&] { return a.links->flushed(); }));
}

TEST_CASE("a peer that has stopped reading for too long is cut") {
  Cluster cluster;
  LinkOptions options = options_of(1);
  options.limits.send_stalled_max = milliseconds(50);
  TestNode a(*cluster.loop, options);
  TestNode b(*cluster.loop, options_of(2));
  REQUIRE(a.links->dial(b.address()).ok());
  REQUIRE(run_until(*cluster.loop, [&] { return a.links->linked(2) && b.links->linked(1); }));
  b.links->pause(1);
  const wire::Packed message = packed(std::string(16 << 20, 'x'));  // more than the kernel takes
  CHECK(a.links->send(2, message) == SendResult::kQueued);
  REQUIRE(run_until(*cluster.loop, [&] { return !a.downs.empty(); }));
  CHECK(a.downs[0].second.message.find("stopped reading") != std::string::npos);
}

TEST_CASE("a message that no frame can hold is refused and the link stays") {
  Cluster cluster;
  LinkOptions options = options_of(1);
  options.limits.frame_bytes_max = 1 << 20;
  TestNode a(*cluster.loop, options);
  options = options_of(2);
  options.limits.frame_bytes_max = 1 << 20;
  TestNode b(*cluster.loop, options);
  REQUIRE(a.links->dial(b.address()).ok());
  REQUIRE(run_until(*cluster.loop, [&] { return a.links->linked(2) && b.links->linked(1); }));
  CHECK(a.links->send(2, packed(std::string(1 << 20, 'x'))) == SendResult::kTooLarge);
  CHECK(a.links->send(2, packed(std::string(1 << 20, 'x'), 1)) == SendResult::kTooLarge);  // compresses well
  CHECK(a.links->send(2, packed(std::string((1 << 20) - 64, 'x'))) == SendResult::kQueued);
  CHECK(run_until(*cluster.loop, [&] { return b.messages.size() == 1; }));
}

TEST_CASE("after stop_accepting links stay and nobody new comes in") {
  Pair pair;
  REQUIRE(pair.link());
  TestNode late(*pair.loop, options_of(3));
  const std::string address = pair.b.address();
  pair.b.links->stop_accepting();
  REQUIRE(late.links->dial(address).ok());
  CHECK(run_until(*pair.loop, [&] { return !late.refusals.empty(); }));
  CHECK(pair.both_up());
  CHECK(pair.a.links->send(2, packed("bye")) == SendResult::kQueued);
  CHECK(run_until(*pair.loop, [&] { return pair.b.messages.size() == 1; }));
}

TEST_CASE("links may be destroyed while they dial, shake hands and send") {
  Pair pair;
  REQUIRE(pair.link());
  TestNode third(*pair.loop, options_of(3));
  REQUIRE(third.links->dial(pair.a.address()).ok());
  REQUIRE(third.links->dial("localhost:" + std::to_string(pair.b.links->port())).ok());
  CHECK(pair.a.links->send(2, packed(std::string(8 << 20, 'x'))) == SendResult::kQueued);
  SUBCASE("at once") {}
  SUBCASE("a little later") {
    pair.loop->run_for(milliseconds(1));
  }
  third.links.reset();
  pair.a.links.reset();
  pair.b.links.reset();
}

TEST_CASE("options that can't work are refused with a sentence") {
  Cluster cluster;
  LinkOptions options = options_of(1);
  std::string words;
  SUBCASE("a short secret") {
    options.secret = "0123456789abcde";
    words = "at least 16 bytes";
  }
  SUBCASE("no secret on an address that others can reach") {
    options.secret.clear();
    options.listen_host = "0.0.0.0";
    words = "loopback";
  }
  SUBCASE("no node id") {
    options.node = 0;
    words = "node id";
  }
  SUBCASE("TLS files that are not there") {
    options.tls = {"/nonexistent/cert.pem", "/nonexistent/key.pem", "/nonexistent/ca.pem"};
    words = "/nonexistent/cert.pem";
  }
  TestNode node(*cluster.loop, options);
  REQUIRE(node.links == nullptr);
  CHECK(node.error.message.find(words) != std::string::npos);
  CHECK(node.error.message.find("0123456789abcde") == std::string::npos);
}

TEST_CASE("without a secret nodes on loopback get a link") {
  Cluster cluster;
  LinkOptions a_options = options_of(1);
  LinkOptions b_options = options_of(2);
  a_options.secret.clear();
  b_options.secret.clear();
  TestNode a(*cluster.loop, a_options);
  TestNode b(*cluster.loop, b_options);
  REQUIRE(a.links->dial(b.address()).ok());
  CHECK(run_until(*cluster.loop, [&] { return a.links->linked(2) && b.links->linked(1); }));
}

TEST_CASE("a port that is taken is an error that names it") {
  Cluster cluster;
  TestNode first(*cluster.loop, options_of(1));
  LinkOptions options = options_of(2);
  options.listen_port = first.links->port();
  TestNode second(*cluster.loop, options);
  REQUIRE(second.links == nullptr);
  CHECK(second.error.message.find(first.address()) != std::string::npos);
}
