#include "agent/service/calls.h"

#include <algorithm>

#include <fmt/format.h>

namespace murmel::service {

Calls::Calls(io::Loop& loop, PeerOutbox& outbox)
    : loop_(loop), outbox_(outbox), timer_(loop, [this] { expire(); }) {}

void Calls::handle(const std::string& name, Handler handler) {
  handlers_[name] = std::move(handler);
}

void Calls::ask(NodeId node, const std::string& name, std::string body, Duration timeout, Reply reply) {
  if (!outbox_.linked(node))
    return reply(Error{ErrorCode::kUnavailable, fmt::format("node {} is not linked", node)});
  if (open_.size() >= kCallsOpenMax) return reply(Error{ErrorCode::kFull, "too many questions are open"});
  const std::uint64_t number = ++last_number_;
  open_[number] = {node, loop_.now() + timeout, std::move(reply)};
  outbox_.send({node}, wire::encode({.database = "", .body = wire::Call{number, name, std::move(body)}}));
  expire();
}

void Calls::received(NodeId node, const wire::Call& call) {
  const auto answer = [this, node, number = call.number](Result<std::string> result) {
    wire::Answer message{.number = number, .failed = !result.ok()};
    message.body = result.ok() ? std::move(result).value() : result.error().message;
    if (message.body.size() > wire::kCallBodyBytesMax) {
      message.failed = true;
      message.body = "the answer is too long";
    }
    outbox_.send({node}, wire::encode({.database = "", .body = std::move(message)}));
  };
  const auto found = handlers_.find(call.name);
  if (found == handlers_.end())
    return answer(Error{ErrorCode::kInvalid, "this node does not know the question"});
  found->second(call.body, answer);
}

void Calls::received(NodeId node, const wire::Answer& answer) {
  const auto found = open_.find(answer.number);
  if (found == open_.end() || found->second.node != node) return;  // too late, or not asked
  if (answer.failed) return finish(answer.number, Error{ErrorCode::kInternal, answer.body});
  finish(answer.number, answer.body);
}

void Calls::peer_down(NodeId node) {
  std::vector<std::uint64_t> lost;
  for (const auto& [number, open] : open_) {
    if (open.node == node) lost.push_back(number);
  }
  for (const std::uint64_t number : lost) {
    finish(number, Error{ErrorCode::kUnavailable, fmt::format("the link to node {} went down", node)});
  }
}

void Calls::finish(std::uint64_t number, Result<std::string> result) {
  auto open = open_.extract(number);
  if (!open.empty()) open.mapped().reply(std::move(result));
}

void Calls::expire() {
  std::vector<std::uint64_t> late;
  Instant next = kNever;
  for (const auto& [number, open] : open_) {
    if (open.deadline <= loop_.now()) {
      late.push_back(number);
    } else {
      next = std::min(next, open.deadline);
    }
  }
  timer_.start_at(next);
  for (const std::uint64_t number : late) finish(number, Error{ErrorCode::kTimeout, "no answer in time"});
}

}  // namespace murmel::service
