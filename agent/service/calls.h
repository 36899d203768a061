// Calls: questions to another node and their answers (wire::Call, wire::Answer), matched by number. The body
// is JSON text; who asks and who answers agree on it by the call's name.
//
// Every question gets exactly one reply: the answer, or an error when the link goes down, time is up, or too
// many are open. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/service/outbox.h"
#include "agent/wire/messages.h"

namespace murmel::service {

inline constexpr std::size_t kCallsOpenMax = 1'024;

class Calls {
 public:
  using Reply = std::function<void(Result<std::string>)>;
  using Handler = std::function<void(const std::string& body, Reply)>;

  Calls(io::Loop& loop, PeerOutbox& outbox);
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  // How this node answers calls of that name.
  void handle(const std::string& name, Handler handler);

  // Errors in the reply: kUnavailable (no link), kTimeout, kFull, or kInternal with the other's sentence.
  void ask(NodeId node, const std::string& name, std::string body, Duration timeout, Reply reply);

  void received(NodeId node, const wire::Call& call);
  void received(NodeId node, const wire::Answer& answer);
  void peer_down(NodeId node);

 private:
  struct Open {
    NodeId node = 0;
    Instant deadline;
    Reply reply;
  };

  void finish(std::uint64_t number, Result<std::string> result);
  void expire();

  io::Loop& loop_;
  PeerOutbox& outbox_;
  std::map<std::string, Handler> handlers_;
  std::map<std::uint64_t, Open> open_;
  std::uint64_t last_number_ = 0;
  io::Timer timer_;
};

}  // namespace murmel::service
