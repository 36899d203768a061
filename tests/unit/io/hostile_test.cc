// What strangers and false peers try at the cluster port. Each try ends with a refusal, and the node goes on.
#include <doctest/doctest.h>

#include <cstring>

#include "agent/io/links.h"
#include "agent/io/seal.h"
#include "tests/unit/io/link_fixture.h"
#include "tests/unit/io/raw_peer.h"

using namespace murmel;
using namespace murmel::io;
using wire::FrameType;

namespace {

struct Target {
  explicit Target(LinkLimits limits = {}) {
    LinkOptions options = options_of(1);
    options.limits = limits;
    node = std::make_unique<TestNode>(*loop, options);
  }

  HandshakeSelf self_of(NodeId id) const {
    return {id,     uuid_of(static_cast<std::uint8_t>(id)),
            "test", "a secret of the test cluster",
            "",     milliseconds(500)};
  }
  Moment now() const { return {loop->now(), wall()}; }
  static WallMs wall() {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
  }
  // The node still does its work.
  bool serves() {
    TestNode friendly(*loop, options_of(9));
    if (!friendly.links->dial(node->address()).ok()) return false;
    return run_until(*loop, [&] { return node->links->linked(9) && friendly.links->linked(1); });
  }

  std::unique_ptr<Loop> loop = std::move(Loop::make()).value();
  std::unique_ptr<TestNode> node;
};

// A stranger who has the secret after all, and goes through the handshake by the book.
struct Insider {
  Insider(Target& target, NodeId id)
      : self(target.self_of(id)),
        raw(*target.loop, target.node->links->port()),
        handshake(Role::kDialer, self, fresh_nonce().value(), "") {
    handshake.start(target.now());
    raw.send_all(handshake);
    for (int i = 0; i < 2; ++i) {
      const auto frame = raw.next_frame();
      if (!frame.has_value()) return;
      handshake.receive(frame->first, as_bytes(frame->second), target.now());
      if (handshake.state() == Handshake::State::kDecide) handshake.accept(target.now());
      raw.send_all(handshake);
    }
    if (handshake.state() == Handshake::State::kDone) sealer.emplace(handshake.send_key());
  }

  std::string sealed(FrameType type, std::uint8_t flags, std::string_view body) {
    const wire::FrameHeader header = wire::frame_header(type, flags, body.size() + kSealBytes);
    std::vector<std::uint8_t> bytes(header.begin(), header.end());
    sealer->seal(header, as_bytes(body), bytes);
    return std::string(bytes.begin(), bytes.end());
  }

  HandshakeSelf self;
  RawPeer raw;
  Handshake handshake;
  std::optional<Sealer> sealer;
};

bool cut(Target& target, std::string_view words) {
  return run_until(*target.loop, [&] {
    return !target.node->downs.empty() &&
           target.node->downs.back().second.message.find(words) != std::string::npos;
  });
}

std::string little_endian(std::uint32_t number) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(number >> (8 * i)));
  return bytes;
}

}  // namespace

TEST_CASE("a wrong secret is refused on both sides and named with the address") {
  Target target;
  LinkOptions options = options_of(2);
  options.secret = "another secret, just as long";
  TestNode stranger(*target.loop, options);
  REQUIRE(stranger.links->dial(target.node->address()).ok());
  REQUIRE(
      run_until(*target.loop, [&] { return !stranger.refusals.empty() && !target.node->refusals.empty(); }));
  CHECK(target.node->refused_with("cluster secret is not the same"));
  CHECK(target.node->refusals[0].first.find("127.0.0.1:") == 0);
  CHECK(stranger.refused_with("cluster secret is not the same"));
  CHECK(target.node->ups.empty());
  for (const auto& [address, why] : stranger.refusals)
    CHECK(why.message.find(options.secret) == std::string::npos);
}

TEST_CASE("a node that shows no secret gets no proof to work on") {
  Target target;
  HandshakeSelf self = target.self_of(2);
  self.secret = "guessed";
  RawPeer raw(*target.loop, target.node->links->port());
  Handshake guess(Role::kDialer, self, fresh_nonce().value(), "");
  guess.start(target.now());
  raw.send_all(guess);
  const auto hello = raw.next_frame();
  REQUIRE(hello.has_value());
  CHECK(hello->first == FrameType::kHello);
  guess.receive(hello->first, as_bytes(hello->second), target.now());
  guess.accept(target.now());
  raw.send_all(guess);
  const auto answer = raw.next_frame();
  REQUIRE(answer.has_value());
  CHECK(answer->first == FrameType::kRefusal);
  CHECK(raw.is_closed());
}

TEST_CASE("the secret is not in what a node sends") {
  Target target;
  Insider insider(target, 2);
  REQUIRE(insider.sealer.has_value());
  RawPeer raw(*target.loop, target.node->links->port());
  Handshake handshake(Role::kDialer, insider.self, fresh_nonce().value(), "");
  handshake.start(target.now());
  for (const auto& out : handshake.take_outbox()) CHECK(out.body.find("a secret") == std::string::npos);
}

TEST_CASE("a message before the handshake is refused") {
  Target target;
  RawPeer raw(*target.loop, target.node->links->port());
  raw.send(FrameType::kMessage, "let me in");
  const auto answer = raw.next_frame();
  REQUIRE(answer.has_value());
  CHECK(answer->first == FrameType::kRefusal);
  CHECK(raw.is_closed());
  CHECK(target.node->messages.empty());
}

TEST_CASE("a recorded handshake is worth nothing on another connection") {
  Target target;
  std::string recorded;
  HandshakeSelf self = target.self_of(2);
  {
    RawPeer raw(*target.loop, target.node->links->port());
    Handshake handshake(Role::kDialer, self, fresh_nonce().value(), "");
    handshake.start(target.now());
    const auto record = [&] {
      for (const auto& out : handshake.take_outbox()) {
        recorded += frame_bytes(out.type, out.body);
        raw.send(out.type, out.body);
      }
    };
    record();
    const auto hello = raw.next_frame();
    REQUIRE(hello.has_value());
    handshake.receive(hello->first, as_bytes(hello->second), target.now());
    handshake.accept(target.now());
    record();
    REQUIRE(run_until(*target.loop, [&] { return target.node->links->linked(2); }));
  }
  REQUIRE(run_until(*target.loop, [&] { return !target.node->links->linked(2); }));
  RawPeer replay(*target.loop, target.node->links->port());
  replay.send(recorded);
  CHECK(replay.is_closed());
  CHECK(run_until(*target.loop, [&] { return target.node->refused_with("cluster secret is not the same"); }));
  CHECK_EQ(target.node->ups.size(), 1);
}

TEST_CASE("a proof with a shortened MAC is refused") {
  Target target;
  HandshakeSelf self = target.self_of(2);
  RawPeer raw(*target.loop, target.node->links->port());
  Handshake handshake(Role::kDialer, self, fresh_nonce().value(), "");
  handshake.start(target.now());
  raw.send_all(handshake);
  const auto hello = raw.next_frame();
  REQUIRE(hello.has_value());
  handshake.receive(hello->first, as_bytes(hello->second), target.now());
  handshake.accept(target.now());
  std::string body = handshake.take_outbox().front().body;
  const wire::Mac mac = wire::decode_proof(as_bytes(body))->mac;
  const std::size_t at = body.find(std::string(mac.begin(), mac.end()));
  REQUIRE(at != std::string::npos);
  SUBCASE("its length says so") {
    std::memcpy(body.data() + at - 4, little_endian(4).data(), 4);
  }
  SUBCASE("the frame ends early") {
    body.resize(at + 16);
  }
  raw.send(FrameType::kProof, body);
  CHECK(raw.is_closed());
  CHECK(target.node->ups.empty());
  CHECK_FALSE(target.node->refusals.empty());
}

TEST_CASE("lies about the length of a frame end the connection") {
  Target target;
  RawPeer raw(*target.loop, target.node->links->port());
  std::string header(6, '\0');
  header[4] = static_cast<char>(FrameType::kHello);
  SUBCASE("four gigabytes") {
    header.replace(0, 4, little_endian(0xffffffff));
  }
  SUBCASE("a byte more than a handshake may have") {
    header.replace(0, 4, little_endian(wire::kHandshakeFrameBytesMax + 1));
  }
  SUBCASE("nothing") {
    header.replace(0, 4, little_endian(0));
  }
  SUBCASE("less than its own header") {
    header.replace(0, 4, little_endian(1));
  }
  raw.send(header + std::string(100, 'x'));
  CHECK(raw.is_closed());
  CHECK(target.serves());
}

TEST_CASE("who says nothing, or speaks one byte at a time, is cut after the time for a handshake") {
  LinkLimits limits;
  limits.handshake_timeout = milliseconds(60);
  Target target(limits);
  RawPeer silent(*target.loop, target.node->links->port());
  RawPeer slow(*target.loop, target.node->links->port());
  const std::string bytes = frame_bytes(FrameType::kHello, std::string(4'000, 'x'));
  std::size_t sent = 0;
  CHECK(run_until(*target.loop, [&] {
    slow.send(bytes.substr(sent++ % bytes.size(), 1));
    return target.node->refusals.size() == 2;
  }));
  CHECK(silent.is_closed());
  CHECK(slow.is_closed());
  CHECK(target.node->refused_with("did not finish the handshake in time"));
}

TEST_CASE("a flood of bytes before the handshake is cut") {
  Target target;
  RawPeer raw(*target.loop, target.node->links->port());
  // Well-formed frames that lead nowhere.
  std::string flood;
  for (int i = 0; i < 100; ++i) flood += frame_bytes(FrameType::kProof, std::string(2'000, 'x'));
  raw.send(flood);
  CHECK(raw.is_closed());
  CHECK(target.serves());
}

TEST_CASE("a flood of connections leaves room for those who can prove the secret") {
  LinkLimits limits;
  limits.half_open_max = 8;
  Target target(limits);
  std::vector<std::unique_ptr<RawPeer>> flood;
  for (int i = 0; i < 40; ++i) {
    flood.push_back(std::make_unique<RawPeer>(*target.loop, target.node->links->port()));
    target.loop->run_for(milliseconds(1));
  }
  CHECK(target.serves());
  CHECK(target.node->links->stats().half_open_cut >= 30);
}

TEST_CASE("reports about a flood are thinned out") {
  Target target;
  for (int i = 0; i < 120; ++i) {
    RawPeer raw(*target.loop, target.node->links->port());
    raw.send(FrameType::kMessage, "x");
    REQUIRE(raw.is_closed());
  }
  CHECK(run_until(*target.loop, [&] { return target.node->links->stats().refused == 120; }));
  CHECK(target.node->refusals.size() < 100);
}

TEST_CASE("a node id that is taken by another data directory is refused") {
  Target target;
  Insider insider(target, 2);
  REQUIRE(run_until(*target.loop, [&] { return target.node->links->linked(2); }));
  LinkOptions options = options_of(2);
  options.uuid = uuid_of(77);
  TestNode copy(*target.loop, options);
  REQUIRE(copy.links->dial(target.node->address()).ok());
  REQUIRE(run_until(*target.loop, [&] { return copy.refused_with("node id 2 is in use"); }));
  CHECK(target.node->refused_with("node id 2 is in use"));
  CHECK(target.node->links->linked(2));
}

TEST_CASE("a node with our own id and another data directory is refused") {
  Target target;
  LinkOptions options = options_of(1);
  options.uuid = uuid_of(77);
  TestNode copy(*target.loop, options);
  REQUIRE(copy.links->dial(target.node->address()).ok());
  CHECK(run_until(*target.loop, [&] {
    return copy.refused_with("another node_id") && target.node->refused_with("another node_id");
  }));
}

TEST_CASE("a node of another cluster is refused by name") {
  Target target;
  LinkOptions options = options_of(2);
  options.cluster = "production";
  TestNode other(*target.loop, options);
  REQUIRE(other.links->dial(target.node->address()).ok());
  CHECK(run_until(*target.loop, [&] { return target.node->refused_with("'production'"); }));
}

TEST_CASE("a node whose clock is off is refused with the difference") {
  Target target;
  LinkOptions options = options_of(2);
  options.wall_clock = [] { return Target::wall() + 3'600'000; };
  TestNode ahead(*target.loop, options);
  SUBCASE("when it dials") {
    REQUIRE(ahead.links->dial(target.node->address()).ok());
  }
  SUBCASE("when it is dialed") {
    REQUIRE(target.node->links->dial(ahead.address()).ok());
  }
  CHECK(run_until(*target.loop, [&] {
    return ahead.refused_with("max_clock_offset") && target.node->refused_with("max_clock_offset");
  }));
  CHECK(target.node->ups.empty());
}

TEST_CASE("a forged, repeated or unsealed message ends the link and is not delivered") {
  Target target;
  Insider insider(target, 2);
  REQUIRE(insider.sealer.has_value());
  insider.raw.send(insider.sealed(FrameType::kMessage, 0, "real"));
  REQUIRE(run_until(*target.loop, [&] { return target.node->messages.size() == 1; }));
  SUBCASE("changed on the way") {
    std::string frame = insider.sealed(FrameType::kMessage, 0, "real too");
    frame[wire::kFrameHeaderBytes] = static_cast<char>(frame[wire::kFrameHeaderBytes] ^ 1);
    insider.raw.send(frame);
  }
  SUBCASE("its header changed on the way") {
    std::string frame = insider.sealed(FrameType::kMessage, 0, "real too");
    frame[5] = wire::kCompressed;
    insider.raw.send(frame);
  }
  SUBCASE("left out") {
    static_cast<void>(insider.sealed(FrameType::kMessage, 0, "lost"));
    insider.raw.send(insider.sealed(FrameType::kMessage, 0, "after the lost one"));
  }
  SUBCASE("not sealed") {
    insider.raw.send(FrameType::kMessage, "a message in the open, as long as a seal");
  }
  SUBCASE("too short for a seal") {
    insider.raw.send(FrameType::kMessage, "x");
  }
  CHECK(cut(target, "damaged or forged"));
  CHECK_EQ(target.node->messages.size(), 1);
  CHECK(insider.raw.is_closed());
}

TEST_CASE("a repeated message ends the link") {
  Target target;
  Insider insider(target, 2);
  REQUIRE(insider.sealer.has_value());
  const std::string frame = insider.sealed(FrameType::kMessage, 0, "once");
  insider.raw.send(frame + frame);
  CHECK(cut(target, "damaged or forged"));
  CHECK_EQ(target.node->messages.size(), 1);
}

TEST_CASE("an insider's compression bomb is not unpacked") {
  LinkLimits limits;
  limits.frame_bytes_max = 1 << 20;
  Target target(limits);
  Insider insider(target, 2);
  REQUIRE(insider.sealer.has_value());
  const wire::Packed bomb = packed(std::string(64 << 20, '\0'), 1);
  REQUIRE(bomb.compressed);
  REQUIRE(bomb.body.size() < limits.frame_bytes_max);
  insider.raw.send(insider.sealed(FrameType::kMessage, wire::kCompressed, as_text(bomb.body.view())));
  CHECK(cut(target, "more than the limit"));
  CHECK(target.node->messages.empty());
}

TEST_CASE("an insider that shakes hands again is cut") {
  Target target;
  Insider insider(target, 2);
  REQUIRE(insider.sealer.has_value());
  insider.raw.send(insider.sealed(FrameType::kHello, 0, "hello?"));
  CHECK(cut(target, "shakes hands on a link that is up"));
}

TEST_CASE("a peer that comes back before its old link is known to be dead gets a new one") {
  LinkLimits limits;
  limits.connect_timeout = milliseconds(1);
  limits.handshake_timeout = milliseconds(2'000);
  Target target(limits);
  Insider first(target, 2);
  REQUIRE(run_until(*target.loop, [&] { return target.node->links->linked(2); }));
  Insider second(target, 2);
  REQUIRE(run_until(*target.loop, [&] { return target.node->ups.size() == 2; }));
  CHECK(target.node->links->linked(2));
  CHECK_EQ(target.node->downs.size(), 1);
  CHECK(first.raw.is_closed());
}
