#include "agent/io/handshake.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "agent/base/check.h"

namespace murmel::io {
namespace {

using wire::FrameType;
using wire::RefusalCode;

ErrorCode error_code_of(RefusalCode code) {
  switch (code) {
    case RefusalCode::kVersion:
    case RefusalCode::kCluster:
    case RefusalCode::kSecret:
    case RefusalCode::kIdentity:
    case RefusalCode::kClock:
    case RefusalCode::kNotAdmitted: return ErrorCode::kRefused;
    case RefusalCode::kDuplicate:
    case RefusalCode::kSelf: return ErrorCode::kConflict;
    case RefusalCode::kFull: return ErrorCode::kFull;
    case RefusalCode::kOther: return ErrorCode::kUnavailable;
  }
  return ErrorCode::kUnavailable;
}

std::string versions(std::uint16_t min, std::uint16_t max) {
  return std::to_string(min) + " to " + std::to_string(max);
}

}  // namespace

Handshake::Handshake(Role role, const HandshakeSelf& self, const wire::Nonce& nonce,
                     std::string channel_binding)
    : role_(role), self_(self), nonce_(nonce) {
  transcript_.channel_binding = std::move(channel_binding);
}

void Handshake::start(Moment at) {
  if (role_ == Role::kDialer) send_hello(at);
}

void Handshake::receive(FrameType type, ByteView body, Moment at) {
  if (state_ == State::kFailed) return;
  if (type == FrameType::kRefusal) return on_refusal(body);
  if (type == FrameType::kHello && state_ == State::kAwaitHello) return on_hello(body, at);
  if (type == FrameType::kProof && state_ == State::kAwaitProof) return on_proof(body, at);
  refuse(RefusalCode::kOther, "a frame of type " + std::to_string(static_cast<int>(type)) +
                                  " has no place at this point of the handshake");
}

void Handshake::accept(Moment at) {
  INVARIANT(state_ == State::kDecide);
  send_proof(at);
  state_ = role_ == Role::kDialer ? State::kAwaitProof : State::kDone;
}

void Handshake::refuse(RefusalCode code, std::string sentence) {
  outbox_.push_back({FrameType::kRefusal, encode(wire::Refusal{code, sentence})});
  refusal_ = code;
  fail({error_code_of(code), std::move(sentence)});
}

std::vector<Handshake::Out> Handshake::take_outbox() {
  return std::exchange(outbox_, {});
}

SealKey Handshake::send_key() const {
  INVARIANT(state_ == State::kDone);
  return seal_key(self_.secret, role_, transcript_);
}

SealKey Handshake::receive_key() const {
  INVARIANT(state_ == State::kDone);
  return seal_key(self_.secret, other(role_), transcript_);
}

void Handshake::send_hello(Moment at) {
  wire::Hello hello;
  hello.node = self_.node;
  hello.uuid = self_.uuid;
  hello.cluster = self_.cluster;
  hello.nonce = nonce_;
  hello.wall_ms = at.wall;
  hello.advertise = self_.advertise;
  std::string body = encode(hello);
  (role_ == Role::kDialer ? transcript_.dialer_hello : transcript_.acceptor_hello) = body;
  outbox_.push_back({FrameType::kHello, std::move(body)});
  hello_sent_ = at;
}

void Handshake::send_proof(Moment at) {
  const wire::Mac mac = prove(self_.secret, role_, transcript_, at.wall);
  outbox_.push_back({FrameType::kProof, encode(wire::Proof{at.wall, mac})});
}

void Handshake::on_hello(ByteView body, Moment at) {
  auto hello = wire::decode_hello(body);
  if (!hello.ok()) return refuse(RefusalCode::kOther, hello.error().message);
  peer_ = std::move(hello).value();
  (role_ == Role::kDialer ? transcript_.acceptor_hello : transcript_.dialer_hello) = as_text(body);
  if (!check_hello()) return;
  if (role_ == Role::kAcceptor) {
    send_hello(at);
    state_ = State::kAwaitProof;
    return;
  }
  if (!check_clock(peer_.wall_ms, at)) return;
  state_ = State::kDecide;
}

void Handshake::on_proof(ByteView body, Moment at) {
  const auto proof = wire::decode_proof(body);
  if (!proof.ok()) return refuse(RefusalCode::kOther, proof.error().message);
  const wire::Mac expected = prove(self_.secret, other(role_), transcript_, proof->wall_ms);
  if (!same_mac(expected, proof->mac)) {
    return refuse(RefusalCode::kSecret, "the cluster secret is not the same on both nodes");
  }
  if (role_ == Role::kDialer) {
    state_ = State::kDone;
    return;
  }
  if (!check_clock(proof->wall_ms, at)) return;
  state_ = State::kDecide;
}

void Handshake::on_refusal(ByteView body) {
  const auto refusal = wire::decode_refusal(body);
  if (!refusal.ok()) return fail(refusal.error());
  refusal_ = refusal->code;
  fail({error_code_of(refusal->code), "the peer refuses: " + refusal->sentence});
}

bool Handshake::check_hello() {
  protocol_ = std::min(peer_.version_max, wire::kProtocolMax);
  if (protocol_ < std::max(peer_.version_min, wire::kProtocolMin)) {
    refuse(RefusalCode::kVersion,
           "the peer speaks protocol " + versions(peer_.version_min, peer_.version_max) + ", this node " +
               versions(wire::kProtocolMin, wire::kProtocolMax) + "; upgrade the older one");
    return false;
  }
  if (peer_.cluster != self_.cluster) {
    refuse(RefusalCode::kCluster, "the peer is of cluster '" + peer_.cluster + "', this node of '" +
                                      self_.cluster + "'; check the setting 'cluster' and the addresses");
    return false;
  }
  if (peer_.node == self_.node) {
    if (peer_.uuid == self_.uuid) {
      refuse(RefusalCode::kSelf, "this is the node itself");
    } else {
      refuse(RefusalCode::kIdentity, "node id " + std::to_string(self_.node) + " belongs to data directory " +
                                         self_.uuid.to_string() + "; give the node with " +
                                         peer_.uuid.to_string() + " another node_id");
    }
    return false;
  }
  if (peer_.nonce == nonce_) {
    refuse(RefusalCode::kOther, "the peer sends back what it was sent");
    return false;
  }
  return true;
}

// Cristian's algorithm: the peer's clock was read about half-way between our Hello and now, and not more than
// half the round trip away from there.
bool Handshake::check_clock(WallMs peer_wall, Moment at) {
  const std::int64_t half_trip_ms = std::max<std::int64_t>(0, (at.now - hello_sent_.now).ms() / 2);
  clock_offset_ms_ = peer_wall - (at.wall - half_trip_ms);
  const std::int64_t least = std::abs(clock_offset_ms_) - half_trip_ms;
  if (least <= self_.max_clock_offset.ms()) return true;
  refuse(RefusalCode::kClock, "the clocks of node " + std::to_string(peer_.node) + " and node " +
                                  std::to_string(self_.node) + " differ by " + std::to_string(least) +
                                  " ms, more than max_clock_offset (" +
                                  std::to_string(self_.max_clock_offset.ms()) + " ms); set them by NTP");
  return false;
}

void Handshake::fail(Error error) {
  error_ = std::move(error);
  state_ = State::kFailed;
}

}  // namespace murmel::io
