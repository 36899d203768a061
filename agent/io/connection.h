// Connection: one TCP connection with a peer, from the first byte to the last.
//
//   kConnecting ──► kTls ──► kShaking ──► kUp ──► kDraining ──► kClosing ──► kClosed
//     (dialer)    (with TLS)   │           │  last frames go out    ▲ libuv lets go
//                              └───────────┴── error, end ──────────┘
//
// Invariants: only frames of kUp are messages, and on a connection without TLS each of them is sealed;
// nothing is read in kDraining and later, nor while the peer is over its
// budget (what is read stays undelivered until then); at most one write is under way. One deadline at a time
// bounds every state that waits for the peer. The owner hears of everything from the loop, never from inside
// its own call, but decide() and up(), which follow frames. Internal to agent/io; loop thread only.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/bytes.h"
#include "agent/io/endpoint.h"
#include "agent/io/handle.h"
#include "agent/io/handshake.h"
#include "agent/io/intake_budget.h"
#include "agent/io/links.h"
#include "agent/io/loop.h"
#include "agent/io/seal.h"
#include "agent/io/send_queue.h"
#include "agent/io/timer.h"
#include "agent/io/tls.h"
#include "agent/wire/frame.h"
#include "agent/wire/packed.h"

namespace murmel::io {

class Connection;

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  // The peer is known: call accept() or refuse() now.
  virtual void decide(Connection& connection) = 0;
  virtual void up(Connection& connection) = 0;
  virtual void received(Connection& connection, ByteView message) = 0;
  virtual void writable(Connection& connection) = 0;
  // The peer is over its budget; nothing is read from it for `debt.pause`.
  virtual void slowed(Connection& connection, const IntakeBudget::Debt& debt) = 0;
  // The last call. The owner destroys the connection.
  virtual void closed(Connection& connection, const Error& why) = 0;
};

// What all connections of a process share. Outlives them.
struct ConnectionShared {
  Loop* loop = nullptr;
  ConnectionOwner* owner = nullptr;
  LinkLimits limits;
  HandshakeSelf self;
  std::optional<TlsContext> tls;
  std::function<WallMs()> wall_clock;
  std::uint64_t connections_made = 0;
  // Memory for one frame on its way in or out; never in use across events.
  std::vector<std::uint8_t> ciphertext;
  std::vector<std::uint8_t> opened;
  std::vector<std::uint8_t> outgoing;
  std::string unpacked;
  // Those that have something to send, until the end of the loop's round.
  std::vector<Connection*> unsent;
};

class Connection {
 public:
  // Starts to connect; how it ends comes as an event. `target`: what was asked for, for people.
  static Handle<Connection> dial(ConnectionShared& shared, const Endpoint& endpoint, std::string target);
  // Takes the next connection of a listening socket. Errors: kIo.
  static Result<Handle<Connection>> accept(ConnectionShared& shared, uv_stream_t* listener);

  void accept();
  void refuse(wire::RefusalCode code, std::string sentence);
  SendResult send(const wire::Packed& message);
  void pause();
  void resume();
  // The message being received costs so much more than its bytes.
  void charge(std::int64_t requests);
  // Tells the peer why, and closes.
  void finish(wire::RefusalCode code, Error why);
  // Closes at once.
  void fail(Error why);
  // Writes what was sent in this round. At the end of each. True: more was sent meanwhile.
  static bool write_unsent(ConnectionShared& shared);

  bool is_up() const { return state_ == State::kUp; }
  bool was_up() const { return was_up_; }
  bool half_open() const { return role_ == Role::kAcceptor && state_ < State::kUp; }
  // The peer has said who it is, and has not proven it yet.
  bool introducing() const { return state_ == State::kShaking && node() != 0; }
  std::uint64_t number() const { return number_; }  // counts up with every connection
  Role role() const { return role_; }
  bool writable() const { return queue_.writable(); }
  bool flushed() const { return queue_.bytes() == 0; }
  Instant up_since() const { return up_since_; }
  const std::string& target() const { return target_; }    // as asked for by dial(); empty for an acceptor
  const std::string& address() const { return address_; }  // numeric
  // Who the peer says it is: a claim until decide() of an acceptor, up() of a dialer. 0: nothing said yet.
  NodeId node() const { return handshake_.has_value() ? handshake_->peer().node : 0; }
  // Why the handshake failed, if it did.
  std::optional<wire::RefusalCode> refusal() const;
  PeerInfo peer_info() const;
  LinkStats stats() const;

  static void close(Connection* connection) noexcept;  // of Handle

 private:
  enum class State { kConnecting, kTls, kShaking, kUp, kDraining, kClosing, kClosed };

  Connection(ConnectionShared& shared, Role role, std::string target);
  ~Connection() = default;

  static void on_connect(uv_connect_t* request, int status) noexcept;
  static void on_alloc(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer) noexcept;
  static void on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) noexcept;
  static void on_write(uv_write_t* request, int status) noexcept;
  static void on_close(uv_handle_t* handle) noexcept;
  void on_deadline();

  void connected();
  void start_reading();
  void shake_tls();
  void start_handshake();
  void take_bytes(std::size_t size);
  void take_ciphertext(std::size_t size);
  void take_plaintext();
  void take_frames();
  void take_frame(const wire::Frame& frame);
  void take_handshake_frame(const wire::Frame& frame);
  void become_up();
  void deliver(const wire::Frame& frame);
  bool reading() const { return !paused_ && !over_budget_; }
  void check_budget();
  void read_on();
  void push(wire::FrameType type, SharedBytes body);
  void send_later();
  void flush();
  bool write_now();
  void append(const QueuedFrame& frame);
  void written(int status);
  void note_written();
  void drain(Error why);
  void close_now();
  Moment moment() const;
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp_); }

  ConnectionShared& shared_;
  ConnectionOwner* owner_;
  const Role role_;
  const std::uint64_t number_;
  State state_ = State::kConnecting;
  uv_tcp_t tcp_{};
  uv_connect_t connect_{};
  uv_write_t write_{};
  Timer deadline_;
  Timer budget_timer_;
  IntakeBudget budget_;
  std::string target_;
  std::string address_;
  std::optional<TlsSession> tls_;
  std::optional<Handshake> handshake_;
  std::optional<Sealer> sealer_;
  std::optional<Opener> opener_;
  wire::FrameParser parser_;
  SendQueue queue_;
  std::vector<std::uint8_t> out_;  // what the write under way reads from
  bool writing_ = false;
  bool unsent_ = false;          // it is in ConnectionShared::unsent
  bool writable_again_ = false;  // the owner does not know yet
  bool paused_ = false;          // by the owner
  bool over_budget_ = false;     // budget_timer_ runs: it goes on
  bool was_up_ = false;
  Instant up_since_;
  Error why_closed_{ErrorCode::kUnavailable, ""};
  LinkStats stats_;
};

}  // namespace murmel::io
