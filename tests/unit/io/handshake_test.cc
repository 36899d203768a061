#include "agent/io/handshake.h"

#include <doctest/doctest.h>

using namespace murmel;
using namespace murmel::io;
using State = Handshake::State;
using wire::FrameType;
using wire::RefusalCode;

namespace {

constexpr WallMs kWall = 1'700'000'000'000;

Moment at(std::int64_t ms, std::int64_t skew_ms = 0) {
  return {{ms * 1'000'000}, kWall + ms + skew_ms};
}

HandshakeSelf self_of(NodeId node) {
  HandshakeSelf self;
  self.node = node;
  self.uuid.bytes.fill(static_cast<std::uint8_t>(node));
  self.cluster = "c";
  self.secret = "sixteen bytes or more";
  return self;
}

wire::Nonce nonce_of(std::uint8_t number) {
  wire::Nonce nonce{};
  nonce.fill(number);
  return nonce;
}

// Two ends of a connection; `trip_ms` passes for each frame.
struct Ends {
  HandshakeSelf dialer_self = self_of(1);
  HandshakeSelf acceptor_self = self_of(2);
  std::int64_t trip_ms = 1;
  std::int64_t acceptor_skew_ms = 0;
  std::string dialer_binding;
  std::string acceptor_binding;
  std::optional<Handshake> dialer;
  std::optional<Handshake> acceptor;

  void run() {
    dialer.emplace(Role::kDialer, dialer_self, nonce_of(1), dialer_binding);
    acceptor.emplace(Role::kAcceptor, acceptor_self, nonce_of(2), acceptor_binding);
    std::int64_t now = 0;
    dialer->start(at(now));
    for (int round = 0; round < 4; ++round) {
      now += trip_ms;
      deliver(*dialer, *acceptor, at(now, acceptor_skew_ms));
      now += trip_ms;
      deliver(*acceptor, *dialer, at(now));
    }
  }
  static void deliver(Handshake& from, Handshake& to, Moment moment) {
    for (const auto& out : from.take_outbox()) {
      to.receive(out.type, as_bytes(out.body), moment);
      if (to.state() == State::kDecide) to.accept(moment);
    }
  }
};

}  // namespace

TEST_CASE("both ends arrive, know each other, and share a key for each direction") {
  Ends ends;
  ends.run();
  REQUIRE(ends.dialer->state() == State::kDone);
  REQUIRE(ends.acceptor->state() == State::kDone);
  CHECK_EQ(ends.dialer->peer().node, 2);
  CHECK_EQ(ends.acceptor->peer().node, 1);
  CHECK(ends.dialer->send_key() == ends.acceptor->receive_key());
  CHECK(ends.dialer->receive_key() == ends.acceptor->send_key());
  CHECK(ends.dialer->send_key() != ends.dialer->receive_key());
}

TEST_CASE("different secrets fail at both ends, with words and code") {
  Ends ends;
  ends.dialer_self.secret += "!";
  ends.run();
  CHECK(ends.acceptor->state() == State::kFailed);
  CHECK(ends.dialer->state() == State::kFailed);
  CHECK(ends.dialer->refusal() == RefusalCode::kSecret);
  CHECK(ends.dialer->error().code == ErrorCode::kRefused);
}

TEST_CASE("somebody in the middle of two TLS connections can't pass proofs on") {
  Ends ends;
  ends.dialer_binding = "one connection";
  ends.acceptor_binding = "another connection";
  ends.run();
  CHECK(ends.acceptor->state() == State::kFailed);
  CHECK(ends.acceptor->refusal() == RefusalCode::kSecret);
}

TEST_CASE("an acceptor's own proof, sent back to it, proves nothing") {
  const HandshakeSelf self = self_of(2);
  const HandshakeSelf other_self = self_of(1);
  Handshake acceptor(Role::kAcceptor, self, nonce_of(2), "");
  Handshake dialer(Role::kDialer, other_self, nonce_of(1), "");
  dialer.start(at(0));
  Transcript transcript;
  transcript.dialer_hello = dialer.take_outbox()[0].body;
  acceptor.receive(FrameType::kHello, as_bytes(transcript.dialer_hello), at(1));
  transcript.acceptor_hello = acceptor.take_outbox()[0].body;
  const wire::Mac as_acceptor = prove(self.secret, Role::kAcceptor, transcript, kWall);
  acceptor.receive(FrameType::kProof, as_bytes(encode(wire::Proof{kWall, as_acceptor})), at(2));
  CHECK(acceptor.refusal() == RefusalCode::kSecret);
}

TEST_CASE("a changed Hello makes the proof fail") {
  const HandshakeSelf self = self_of(2);
  const HandshakeSelf other_self = self_of(1);
  Handshake acceptor(Role::kAcceptor, self, nonce_of(2), "");
  Handshake dialer(Role::kDialer, other_self, nonce_of(1), "");
  dialer.start(at(0));
  auto hello = wire::decode_hello(as_bytes(dialer.take_outbox()[0].body)).value();
  hello.node = 7;
  acceptor.receive(FrameType::kHello, as_bytes(encode(hello)), at(1));
  Ends::deliver(acceptor, dialer, at(2));
  Ends::deliver(dialer, acceptor, at(3));
  CHECK(acceptor.refusal() == RefusalCode::kSecret);
}

TEST_CASE("a peer that mirrors the nonce is refused") {
  const HandshakeSelf self = self_of(2);
  Handshake acceptor(Role::kAcceptor, self, nonce_of(2), "");
  wire::Hello hello;
  hello.node = 1;
  hello.cluster = "c";
  hello.nonce = nonce_of(2);
  acceptor.receive(FrameType::kHello, as_bytes(encode(hello)), at(0));
  CHECK(acceptor.state() == State::kFailed);
}

TEST_CASE("versions that do not overlap are refused with both ranges") {
  const HandshakeSelf self = self_of(2);
  Handshake acceptor(Role::kAcceptor, self, nonce_of(2), "");
  wire::Hello hello;
  hello.node = 1;
  hello.cluster = "c";
  hello.version_min = 8;
  hello.version_max = 9;
  acceptor.receive(FrameType::kHello, as_bytes(encode(hello)), at(0));
  CHECK(acceptor.refusal() == RefusalCode::kVersion);
  CHECK(acceptor.error().message.find("8 to 9") != std::string::npos);
}

TEST_CASE("a newer peer that still speaks our version is met there") {
  const HandshakeSelf self = self_of(2);
  Handshake acceptor(Role::kAcceptor, self, nonce_of(2), "");
  wire::Hello hello;
  hello.node = 1;
  hello.cluster = "c";
  hello.version_max = 9;
  acceptor.receive(FrameType::kHello, as_bytes(encode(hello)), at(0));
  CHECK(acceptor.state() == State::kAwaitProof);
  CHECK_EQ(acceptor.protocol(), wire::kProtocolMax);
}

TEST_CASE("clocks may differ by max_clock_offset, and by what a slow network leaves open") {
  Ends ends;
  SUBCASE("within") {
    ends.acceptor_skew_ms = 499;
    ends.run();
    CHECK(ends.acceptor->state() == State::kDone);
    CHECK(std::abs(ends.dialer->clock_offset_ms() - 499) <= 1);
    CHECK(std::abs(ends.acceptor->clock_offset_ms() + 499) <= 1);
  }
  SUBCASE("beyond") {
    ends.acceptor_skew_ms = -510;
    ends.run();
    CHECK(ends.acceptor->state() == State::kFailed);
    CHECK(ends.dialer->refusal() == RefusalCode::kClock);
    CHECK(ends.dialer->error().message.find("max_clock_offset (500 ms)") != std::string::npos);
  }
  SUBCASE("a network of 400 ms each way hides 100 ms") {
    ends.trip_ms = 400;
    ends.acceptor_skew_ms = 600;
    ends.run();
    CHECK(ends.acceptor->state() == State::kDone);
  }
}

TEST_CASE("frames that have no place are refused in every state") {
  for (const FrameType type : {FrameType::kProof, FrameType::kMessage}) {
    const HandshakeSelf self = self_of(2);
    Handshake acceptor(Role::kAcceptor, self, nonce_of(2), "");
    acceptor.receive(type, {}, at(0));
    CHECK(acceptor.state() == State::kFailed);
    CHECK(acceptor.take_outbox()[0].type == FrameType::kRefusal);
    acceptor.receive(FrameType::kHello, {}, at(0));  // too late
    CHECK(acceptor.take_outbox().empty());
  }
}

TEST_CASE("a refusal from the peer ends the handshake with its words, on one line") {
  const HandshakeSelf self = self_of(2);
  Handshake dialer(Role::kDialer, self, nonce_of(2), "");
  dialer.start(at(0));
  std::string body =
      encode(wire::Refusal{RefusalCode::kNotAdmitted, "you were removed\nroot: fake log line"});
  dialer.receive(FrameType::kRefusal, as_bytes(body), at(1));
  CHECK(dialer.state() == State::kFailed);
  CHECK(dialer.refusal() == RefusalCode::kNotAdmitted);
  CHECK(dialer.error().message == "the peer refuses: you were removed root: fake log line");
}

TEST_CASE("bytes that are no message are refused") {
  const HandshakeSelf self = self_of(2);
  for (const std::size_t size : {0, 1, 4, 100, 4'000}) {
    Handshake acceptor(Role::kAcceptor, self, nonce_of(2), "");
    const std::string junk(size, '\xff');
    acceptor.receive(FrameType::kHello, as_bytes(junk), at(0));
    CHECK(acceptor.state() == State::kFailed);
  }
}
