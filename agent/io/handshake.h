// Handshake: how two nodes come to trust a connection. A pure state machine: frames in, frames out; sockets,
// clocks and the decision about duplicates are its host's.
//
//   dialer    ─Hello►  kAwaitHello  ◄Hello─  kDecide  ─Proof►  kAwaitProof  ◄Proof─  kDone
//   acceptor           kAwaitHello  ◄Hello─ ─Hello►  kAwaitProof  ◄Proof─  kDecide  ─Proof►  kDone
//   any state ──anything else, or a check that fails: a Refusal is sent──► kFailed
//
// Invariants: an acceptor that reaches kDecide, and a dialer that reaches kDone, know that the peer has the
// secret; an acceptor shows no proof of its own to somebody who has shown none. Nothing is read or believed
// of a peer's Hello before then but what is needed to refuse it.
// One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/io/auth.h"
#include "agent/wire/frame.h"
#include "agent/wire/handshake_messages.h"

namespace murmel::io {

struct Moment {
  Instant now;
  WallMs wall = 0;
};

struct HandshakeSelf {
  NodeId node = 0;
  Uuid uuid;
  std::string cluster;
  std::string secret;
  std::string advertise;
  Duration max_clock_offset = milliseconds(500);
};

class Handshake {
 public:
  enum class State { kAwaitHello, kDecide, kAwaitProof, kDone, kFailed };

  struct Out {
    wire::FrameType type;
    std::string body;
  };

  // `self` must outlive the handshake. `channel_binding`: of the TLS connection around it.
  Handshake(Role role, const HandshakeSelf& self, const wire::Nonce& nonce, std::string channel_binding);

  // Before anything else: the dialer speaks first.
  void start(Moment at);
  void receive(wire::FrameType type, ByteView body, Moment at);
  // In kDecide: the host lets the peer in, or doesn't.
  void accept(Moment at);
  void refuse(wire::RefusalCode code, std::string sentence);

  State state() const { return state_; }
  Role role() const { return role_; }
  // Frames to send, in order. The caller takes them.
  std::vector<Out> take_outbox();

  // From kDecide on.
  const wire::Hello& peer() const { return peer_; }
  std::uint16_t protocol() const { return protocol_; }
  std::int64_t clock_offset_ms() const { return clock_offset_ms_; }

  // In kDone. The keys for sending and receiving.
  SealKey send_key() const;
  SealKey receive_key() const;

  // In kFailed: why, for people, and the code that was sent or received.
  const Error& error() const { return error_; }
  wire::RefusalCode refusal() const { return refusal_; }

 private:
  void send_hello(Moment at);
  void send_proof(Moment at);
  void on_hello(ByteView body, Moment at);
  void on_proof(ByteView body, Moment at);
  void on_refusal(ByteView body);
  bool check_hello();
  bool check_clock(WallMs peer_wall, Moment at);
  void fail(Error error);

  const Role role_;
  const HandshakeSelf& self_;
  wire::Nonce nonce_;
  Transcript transcript_;
  State state_ = State::kAwaitHello;
  wire::Hello peer_;
  std::uint16_t protocol_ = 0;
  Moment hello_sent_;
  std::int64_t clock_offset_ms_ = 0;
  std::vector<Out> outbox_;
  Error error_{ErrorCode::kInternal, ""};
  wire::RefusalCode refusal_ = wire::RefusalCode::kOther;
};

}  // namespace murmel::io
