#include "agent/io/connection.h"

#include <algorithm>
#include <span>
#include <utility>

#include "agent/base/check.h"
#include "agent/io/tcp_options.h"
#include "agent/io/uv_error.h"

namespace murmel::io {
namespace {

using wire::FrameType;
using wire::RefusalCode;

constexpr std::size_t kReadBytes = 64 << 10;            // of TLS at a time
constexpr std::uint64_t kHandshakeBytesMax = 64 << 10;  // in all, from somebody who has proven nothing yet
constexpr std::size_t kBatchBytes = 256 << 10;          // frames are gathered into writes of about this size
constexpr std::size_t kBufferBytesKept = 4 << 20;  // buffers that a large frame made larger are given back
constexpr std::size_t kFrameOverheadBytes = 64;  // at most: header, seal, and what incompressible bytes gain
constexpr Duration kDrainMax = seconds(1);

}  // namespace

Connection::Connection(ConnectionShared& shared, Role role, std::string target)
    : shared_(shared),
      owner_(shared.owner),
      role_(role),
      number_(++shared.connections_made),
      deadline_(*shared.loop, [this] { on_deadline(); }),
      budget_timer_(*shared.loop,
                    [this] {
                      over_budget_ = false;
                      read_on();
                    }),
      budget_(shared.limits.intake),
      target_(std::move(target)),
      parser_(wire::kHandshakeFrameBytesMax),
      queue_({shared.limits.send_high_bytes, shared.limits.send_low_bytes, shared.limits.send_bytes_max}) {
  uv_tcp_init(shared.loop->handle(), &tcp_);  // without a socket yet, it can't fail
  tcp_.data = this;
  connect_.data = this;
  write_.data = this;
}

Handle<Connection> Connection::dial(ConnectionShared& shared, const Endpoint& endpoint, std::string target) {
  Handle<Connection> connection(new Connection(shared, Role::kDialer, std::move(target)));
  connection->address_ = endpoint.to_string();
  connection->deadline_.start(shared.limits.connect_timeout);
  const int status = uv_tcp_connect(&connection->connect_, &connection->tcp_, endpoint.raw(), on_connect);
  if (status != 0) connection->fail(uv_error("connect to " + connection->address_, status));
  return connection;
}

Result<Handle<Connection>> Connection::accept(ConnectionShared& shared, uv_stream_t* listener) {
  Handle<Connection> connection(new Connection(shared, Role::kAcceptor, ""));
  if (const int status = uv_accept(listener, connection->stream()); status != 0) {
    return uv_error("accept a connection", status);
  }
  connection->connected();
  return connection;
}

void Connection::on_connect(uv_connect_t* request, int status) noexcept {
  auto& self = *static_cast<Connection*>(request->data);
  if (self.state_ != State::kConnecting) return;  // closed meanwhile
  if (status != 0) return self.fail(uv_error("connect to " + self.address_, status));
  self.connected();
}

void Connection::connected() {
  deadline_.start(shared_.limits.handshake_timeout);
  const Status options = set_tcp_options(&tcp_, shared_.limits.peer_silent_max);
  if (!options.ok()) return fail(options.error());
  auto address = peer_address(&tcp_);
  if (!address.ok()) return fail(address.error());
  address_ = std::move(address).value();
  start_reading();
  if (!shared_.tls.has_value()) return start_handshake();
  state_ = State::kTls;
  tls_.emplace(*shared_.tls, role_);
  shake_tls();
}

void Connection::start_reading() {
  const int status = uv_read_start(stream(), on_alloc, on_read);
  if (status != 0) fail(uv_error("read from " + address_, status));
}

void Connection::shake_tls() {
  const auto done = tls_->shake();
  flush();  // also the alert that tells the peer why not
  if (!done.ok()) return drain(done.error());
  if (*done) start_handshake();
}

void Connection::start_handshake() {
  const auto nonce = fresh_nonce();
  if (!nonce.ok()) return fail(nonce.error());
  std::string binding;
  if (tls_.has_value()) {
    auto exported = tls_->channel_binding();
    if (!exported.ok()) return fail(exported.error());
    binding = std::move(exported).value();
  }
  state_ = State::kShaking;
  handshake_.emplace(role_, shared_.self, *nonce, std::move(binding));
  handshake_->start(moment());
  for (auto& out : handshake_->take_outbox()) push(out.type, SharedBytes(std::move(out.body)));
  flush();
}

void Connection::on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) noexcept {
  auto& self = *static_cast<Connection*>(handle->data);
  std::span<std::uint8_t> space;
  if (self.tls_.has_value()) {
    self.shared_.ciphertext.resize(kReadBytes);
    space = self.shared_.ciphertext;
  } else {
    space = self.parser_.space();
  }
  *buffer = uv_buf_init(reinterpret_cast<char*>(space.data()), static_cast<unsigned int>(space.size()));
}

void Connection::on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t*) noexcept {
  auto& self = *static_cast<Connection*>(stream->data);
  if (size == UV_EOF) return self.fail({ErrorCode::kUnavailable, "the peer has closed the connection"});
  if (size < 0) return self.fail(uv_error("read from " + self.address_, static_cast<int>(size)));
  self.take_bytes(static_cast<std::size_t>(size));
}

void Connection::take_bytes(std::size_t size) {
  stats_.bytes_received += size;
  if (state_ < State::kUp && stats_.bytes_received > kHandshakeBytesMax) {
    return fail({ErrorCode::kFull, "the peer sends more than a handshake before it is let in"});
  }
  if (tls_.has_value()) return take_ciphertext(size);
  parser_.filled(size);
  take_frames();
}

void Connection::take_ciphertext(std::size_t size) {
  tls_->feed({shared_.ciphertext.data(), size});
  if (state_ == State::kTls) shake_tls();
  take_plaintext();
  flush();  // TLS may have something to say by itself
}

void Connection::take_plaintext() {
  while (reading() && (state_ == State::kShaking || state_ == State::kUp)) {
    const auto got = tls_->read(parser_.space());
    if (!got.ok()) return fail(got.error());
    if (*got == 0) break;
    parser_.filled(*got);
    take_frames();
  }
}

void Connection::take_frames() {
  while (reading() && (state_ == State::kShaking || state_ == State::kUp)) {
    const auto frame = parser_.next();
    if (!frame.ok()) return fail(frame.error());
    if (!frame->has_value()) return;
    take_frame(**frame);
    if (state_ == State::kUp) check_budget();
  }
}

void Connection::take_frame(const wire::Frame& frame) {
  if (state_ == State::kShaking) return take_handshake_frame(frame);
  deliver(frame);
}

void Connection::take_handshake_frame(const wire::Frame& frame) {
  handshake_->receive(frame.type, frame.rest, moment());
  if (handshake_->state() == Handshake::State::kDecide) owner_->decide(*this);
  INVARIANT(handshake_->state() != Handshake::State::kDecide);
  for (auto& out : handshake_->take_outbox()) push(out.type, SharedBytes(std::move(out.body)));
  flush();
  if (handshake_->state() == Handshake::State::kFailed) return drain(handshake_->error());
  if (handshake_->state() == Handshake::State::kDone && state_ == State::kShaking) become_up();
}

void Connection::accept() {
  handshake_->accept(moment());
}

void Connection::refuse(RefusalCode code, std::string sentence) {
  handshake_->refuse(code, std::move(sentence));
}

void Connection::become_up() {
  deadline_.stop();
  if (!tls_.has_value()) {
    sealer_.emplace(handshake_->send_key());
    opener_.emplace(handshake_->receive_key());
  }
  parser_.set_limit(shared_.limits.frame_bytes_max);
  state_ = State::kUp;
  was_up_ = true;
  up_since_ = shared_.loop->now();
  stats_.node = node();
  owner_->up(*this);
}

void Connection::deliver(const wire::Frame& frame) {
  ByteView body = frame.rest;
  if (opener_.has_value()) {
    std::vector<std::uint8_t>& opened = shared_.opened;
    if (opened.size() < frame.rest.size()) opened.resize(frame.rest.size());
    if (!opener_->open(frame.header, frame.rest, opened.data())) {
      return fail({ErrorCode::kCorrupt, "a frame was damaged or forged on its way"});
    }
    body = {opened.data(), frame.rest.size() - kSealBytes};
  }
  if (frame.type == FrameType::kRefusal) {
    const auto refusal = wire::decode_refusal(body);
    if (!refusal.ok()) return fail(refusal.error());
    return fail({ErrorCode::kUnavailable, "the peer closes the link: " + refusal->sentence});
  }
  if (frame.type != FrameType::kMessage) {
    return fail({ErrorCode::kCorrupt, "the peer shakes hands on a link that is up"});
  }
  if ((frame.flags & wire::kCompressed) != 0) {
    const Status unpacked = wire::unpack(body, shared_.limits.frame_bytes_max, shared_.unpacked);
    if (!unpacked.ok()) return fail(unpacked.error());
    body = as_bytes(shared_.unpacked);
  }
  ++stats_.messages_received;
  const Instant now = shared_.loop->now();
  budget_.charge(now, IntakeLimit::kBytes, static_cast<std::int64_t>(body.size() + wire::kFrameHeaderBytes));
  budget_.charge(now, IntakeLimit::kMessages, 1);
  owner_->received(*this, body);
  if (shared_.opened.size() > kBufferBytesKept) shared_.opened = {};
  if (shared_.unpacked.capacity() > kBufferBytesKept) shared_.unpacked = {};
}

SendResult Connection::send(const wire::Packed& message) {
  if (state_ != State::kUp) return SendResult::kNoLink;
  // The peer would cut the link, and cut it again when the message is asked for again.
  if (message.message_bytes + kFrameOverheadBytes > shared_.limits.frame_bytes_max)
    return SendResult::kTooLarge;
  const std::uint8_t flags = message.compressed ? wire::kCompressed : wire::kNoFlags;
  if (!queue_.push({FrameType::kMessage, flags, message.body, sealer_.has_value()})) {
    ++stats_.messages_refused;
    return SendResult::kFull;
  }
  ++stats_.messages_sent;
  send_later();
  return SendResult::kQueued;
}

// What the other events of this round send goes out in the same write.
void Connection::send_later() {
  if (unsent_ || writing_) return;
  unsent_ = true;
  shared_.unsent.push_back(this);
}

// One that closes meanwhile is there until the loop has closed its handle.
bool Connection::write_unsent(ConnectionShared& shared) {
  for (Connection* const connection : std::exchange(shared.unsent, {})) {
    connection->unsent_ = false;
    connection->flush();
    if (std::exchange(connection->writable_again_, false) && connection->state_ == State::kUp) {
      connection->owner_->writable(*connection);
    }
  }
  return !shared.unsent.empty();
}

void Connection::push(FrameType type, SharedBytes body) {
  // Never refused: handshakes are small, and the queue of a connection that is closing takes nothing else.
  const bool pushed = queue_.push({type, wire::kNoFlags, std::move(body), sealer_.has_value()});
  if (!pushed) ++stats_.messages_refused;
}

// Writes what waits, if nothing is being written. Sends that come meanwhile are gathered into the next write.
void Connection::flush() {
  while (!writing_ && state_ != State::kConnecting && state_ < State::kClosing) {
    while (!queue_.empty() && out_.size() < kBatchBytes) append(queue_.pop());
    if (state_ >= State::kClosing) return;  // TLS has failed on the way
    if (tls_.has_value()) tls_->drain(out_);
    if (out_.empty()) {
      if (state_ == State::kDraining) close_now();
      return;
    }
    if (!write_now()) return;
  }
}

// True: the kernel has taken all of it, as it mostly does, at less cost than by a request. Else the rest is
// written when there is room, or the connection has failed.
bool Connection::write_now() {
  const auto size = static_cast<unsigned int>(out_.size());
  uv_buf_t buffer = uv_buf_init(reinterpret_cast<char*>(out_.data()), size);
  const int taken = uv_try_write(stream(), &buffer, 1);
  if (taken == static_cast<int>(size)) {
    note_written();
    return true;
  }
  if (taken > 0) buffer = uv_buf_init(buffer.base + taken, size - static_cast<unsigned int>(taken));
  const int status = uv_write(&write_, stream(), &buffer, 1, on_write);  // also tells why nothing was taken
  if (status != 0) {
    fail(uv_error("write to " + address_, status));
    return false;
  }
  writing_ = true;
  if (state_ == State::kUp) deadline_.start(shared_.limits.send_stalled_max);
  return false;
}

void Connection::note_written() {
  stats_.bytes_sent += out_.size();
  out_.clear();
  if (out_.capacity() > kBufferBytesKept) out_.shrink_to_fit();
  if (!queue_.written()) return;
  writable_again_ = true;
  send_later();
}

void Connection::append(const QueuedFrame& frame) {
  const ByteView body = frame.body.view();
  const std::size_t seal = frame.sealed ? kSealBytes : 0;
  const wire::FrameHeader header = wire::frame_header(frame.type, frame.flags, body.size() + seal);
  std::vector<std::uint8_t>& to = tls_.has_value() ? shared_.outgoing : out_;
  to.insert(to.end(), header.begin(), header.end());
  if (frame.sealed) {
    sealer_->seal(header, body, to);
  } else {
    to.insert(to.end(), body.begin(), body.end());
  }
  if (!tls_.has_value()) return;
  const Status encrypted = tls_->write(to);
  shared_.outgoing.clear();
  if (shared_.outgoing.capacity() > kBufferBytesKept) shared_.outgoing.shrink_to_fit();
  if (!encrypted.ok()) fail(encrypted.error());
}

void Connection::on_write(uv_write_t* request, int status) noexcept {
  static_cast<Connection*>(request->data)->written(status);
}

void Connection::written(int status) {
  writing_ = false;
  if (state_ >= State::kClosing) return;
  if (status != 0) return fail(uv_error("write to " + address_, status));
  note_written();
  if (state_ == State::kUp) deadline_.stop();
  flush();
}

void Connection::pause() {
  if (state_ != State::kUp || paused_) return;
  paused_ = true;
  uv_read_stop(stream());
}

void Connection::resume() {
  if (!paused_) return;
  paused_ = false;
  if (over_budget_ || state_ != State::kUp) return;
  over_budget_ = true;  // what was read already is delivered by the loop, not from inside this call
  budget_timer_.start(Duration{});
}

void Connection::charge(std::int64_t requests) {
  budget_.charge(shared_.loop->now(), IntakeLimit::kRequests, requests);
}

void Connection::check_budget() {
  const IntakeBudget::Debt debt = budget_.debt(shared_.loop->now());
  if (debt.pause.ns <= 0) return;
  over_budget_ = true;
  ++stats_.pauses;
  stats_.paused += debt.pause;
  uv_read_stop(stream());
  budget_timer_.start(debt.pause);
  owner_->slowed(*this, debt);
}

// First what had been read before the pause; that may be the next pause already.
void Connection::read_on() {
  if (state_ != State::kUp || !reading()) return;
  take_frames();
  if (tls_.has_value()) take_plaintext();
  flush();
  if (state_ == State::kUp && reading()) start_reading();
}

void Connection::finish(RefusalCode code, Error why) {
  if (state_ != State::kUp) return fail(std::move(why));
  push(FrameType::kRefusal, SharedBytes(encode(wire::Refusal{code, why.message})));
  drain(std::move(why));
}

void Connection::drain(Error why) {
  if (state_ >= State::kDraining) return;
  why_closed_ = std::move(why);
  state_ = State::kDraining;
  uv_read_stop(stream());
  budget_timer_.stop();
  deadline_.start(kDrainMax);
  flush();
}

void Connection::fail(Error why) {
  if (state_ >= State::kClosing) return;
  if (state_ != State::kDraining) why_closed_ = std::move(why);
  close_now();
}

void Connection::close_now() {
  if (state_ >= State::kClosing) return;
  state_ = State::kClosing;
  deadline_.stop();
  budget_timer_.stop();
  if (std::exchange(unsent_, false)) std::erase(shared_.unsent, this);
  uv_close(reinterpret_cast<uv_handle_t*>(&tcp_), on_close);
}

void Connection::on_close(uv_handle_t* handle) noexcept {
  auto* self = static_cast<Connection*>(handle->data);
  self->state_ = State::kClosed;
  if (self->owner_ == nullptr) {
    delete self;
  } else {
    self->owner_->closed(*self, self->why_closed_);  // destroys it
  }
}

void Connection::close(Connection* connection) noexcept {
  if (connection->state_ == State::kClosed) {
    delete connection;
    return;
  }
  connection->owner_ = nullptr;  // on_close() frees the memory
  connection->close_now();
}

void Connection::on_deadline() {
  switch (state_) {
    case State::kConnecting: return fail({ErrorCode::kTimeout, "no answer from " + address_});
    case State::kTls:
    case State::kShaking: return fail({ErrorCode::kTimeout, "the peer did not finish the handshake in time"});
    case State::kUp: return fail({ErrorCode::kTimeout, "the peer has stopped reading"});
    case State::kDraining: return close_now();
    case State::kClosing:
    case State::kClosed: return;
  }
}

std::optional<RefusalCode> Connection::refusal() const {
  if (!handshake_.has_value() || handshake_->state() != Handshake::State::kFailed) return std::nullopt;
  return handshake_->refusal();
}

PeerInfo Connection::peer_info() const {
  PeerInfo info;
  const wire::Hello& peer = handshake_->peer();
  info.node = peer.node;
  info.uuid = peer.uuid;
  info.advertise = peer.advertise;
  info.address = address_;
  info.protocol = handshake_->protocol();
  info.dialed_by_us = role_ == Role::kDialer;
  info.tls = tls_.has_value();
  info.clock_offset_ms = handshake_->clock_offset_ms();
  return info;
}

LinkStats Connection::stats() const {
  LinkStats stats = stats_;
  stats.queued_bytes = queue_.bytes();
  return stats;
}

Moment Connection::moment() const {
  return {shared_.loop->now(), shared_.wall_clock()};
}

}  // namespace murmel::io
