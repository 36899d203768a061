// Links: authenticated connections to peers, exactly one per pair of nodes.
//
// What comes out of here is whole messages of nodes that have proven the cluster's secret; what is inside a
// message is verified by agent/wire. Whom to dial, and when again, is decided by core::Membership. When two
// nodes dial each other at once, the connection that the smaller node id dialed survives; both sides decide
// alike.
//
// Loop thread only. Events arrive from the loop, never from inside a call to Links, so that a handler may
// call anything here but the destructor.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/bytes.h"
#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/io/intake_budget.h"
#include "agent/wire/packed.h"

namespace murmel::io {

class Loop;

// Named limits; the config may set some of them.
struct LinkLimits {
  std::uint32_t frame_bytes_max = 256U << 20;  // whole frame, and of a decompressed message
  std::size_t send_high_bytes = 8U << 20;      // above: not writable, stop pushing
  std::size_t send_low_bytes = 2U << 20;       // below again: writable() is called
  std::size_t send_bytes_max = 64U << 20;      // above: send() refuses
  int half_open_max = 64;                      // handshakes under way of those who dialed us
  int links_max = 256;                         // authenticated peers
  Duration handshake_timeout = seconds(5);
  Duration connect_timeout = seconds(3);    // per address that a name resolves to
  Duration send_stalled_max = seconds(60);  // the peer takes no bytes at all: the link is cut
  Duration peer_silent_max = seconds(15);   // unacknowledged bytes or keep-alives: the link is cut
  IntakeRates intake;                       // above: the peer is read from more slowly
};

struct TlsFiles {
  std::string certificate;  // PEM chain of this node; empty: no TLS
  std::string key;
  std::string authority;  // peers must have a certificate signed by it
  bool enabled() const { return !certificate.empty(); }
};

// Shortest secret that is accepted on an address that other machines can reach.
inline constexpr std::size_t kSecretBytesMin = 16;

struct LinkOptions {
  NodeId node = 0;
  Uuid uuid;
  std::string cluster;
  std::string secret;  // may be empty only on a loopback address
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 0;  // 0: any free one
  std::string advertise;          // host:port under which others reach us; empty: listen_host and the port
  Duration max_clock_offset = milliseconds(500);
  TlsFiles tls;
  LinkLimits limits;
  std::uint64_t seed = 0;              // of the order in which addresses are tried
  std::function<WallMs()> wall_clock;  // empty: the system's
};

struct PeerInfo {
  NodeId node = 0;
  Uuid uuid;
  std::string advertise;  // as the peer says
  std::string address;    // numeric, of this connection
  std::uint16_t protocol = 0;
  bool dialed_by_us = false;
  bool tls = false;
  std::int64_t clock_offset_ms = 0;  // the peer's wall clock minus ours
};

class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  // The last word on a peer (removed from the cluster? known under another UUID?). One that we dialed has not
  // proven the secret yet, so that an answer may refuse but nothing else follows from it. The error's
  // sentence is sent to the peer.
  virtual Status admit(const PeerInfo& peer) = 0;
  virtual void link_up(const PeerInfo& peer) = 0;
  virtual void link_down(NodeId node, const Error& why) = 0;
  // One message, not yet verified. The bytes are valid during the call.
  virtual void received(NodeId node, ByteView message) = 0;
  // The send queue has fallen below the low-water mark after writable() had become false.
  virtual void writable(NodeId node) = 0;
  // The peer sends or asks for more than it may: nothing is read from it for `debt.pause`. Comes with each
  // pause.
  virtual void slowed(NodeId node, const IntakeBudget::Debt& debt) = 0;
  // A connection, ours or another's, that did not become a link: for the log. Floods are thinned out.
  virtual void refused(const std::string& address, const Error& why) = 0;
};

enum class SendResult {
  kQueued,
  kFull,      // the peer does not read fast enough; the message is not sent
  kNoLink,    // there is no link to that node
  kTooLarge,  // the message would never fit into a frame: raise frame_bytes_max on all nodes
};

struct LinkStats {
  NodeId node = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t messages_refused = 0;  // send() said kFull
  std::size_t queued_bytes = 0;
  std::uint64_t pauses = 0;  // the peer was over its budget
  Duration paused;           // for so long in all
};

struct LinksStats {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;        // handshakes that failed, by either side
  std::uint64_t half_open_cut = 0;  // cut to make room for newer ones
  std::uint64_t dials = 0;
  std::vector<LinkStats> links;
};

class Links {
 public:
  // Checks the options (secret, addresses, TLS files) and starts to listen.
  // Errors: kInvalid (options), kRefused (empty or short secret), kIo (address in use, ...).
  static Result<std::unique_ptr<Links>> make(Loop& loop, LinkOptions options, LinkEvents& events);
  ~Links();
  Links(const Links&) = delete;
  Links& operator=(const Links&) = delete;

  std::uint16_t port() const;
  const std::string& advertise() const;

  // One attempt to have a link with whoever answers at `host:port` ([v6]:port): resolves the name anew, tries
  // its addresses in random order until one answers that is not this node itself. Nothing happens while an
  // attempt to this address is under way or a link that came of it is up. The outcome is link_up() or
  // refused(). Errors: kInvalid (no address).
  Status dial(const std::string& address);
  // Cuts the link to `node`, if there is one; link_down() follows.
  void drop(NodeId node, const Error& why);

  bool linked(NodeId node) const;
  SendResult send(NodeId node, const wire::Packed& message);
  // False: the queue is above the high-water mark, stop pushing until LinkEvents::writable.
  bool writable(NodeId node) const;
  // Back-pressure from our side: nothing is read from `node` until resume().
  void pause(NodeId node);
  void resume(NodeId node);
  // From within LinkEvents::received: the message costs `requests` of the peer's budget besides its bytes.
  void charge(NodeId node, std::int64_t requests);

  // Stops listening and dialing, for good; links stay. First step of a graceful stop.
  void stop_accepting();
  // True when all queues have been handed to the kernel.
  bool flushed() const;

  LinksStats stats() const;

 private:
  class Impl;
  explicit Links(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace murmel::io
