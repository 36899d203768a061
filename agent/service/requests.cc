#include "agent/service/requests.h"

#include <concepts>
#include <utility>

namespace murmel::service {
namespace {

constexpr std::int64_t kPieceCost = 1;      // a few megabytes of the log, a chunk of a snapshot's file
constexpr std::int64_t kQuestionCost = 20;  // hashes of all rows of a database, at worst
constexpr std::int64_t kSnapshotCost = 20;  // a copy of a database

std::size_t variable_bytes(const wire::PeerMessage& message) {
  const auto* call = std::get_if<wire::Call>(&message.body);
  return message.database.size() + (call == nullptr ? 0 : call->name.size() + call->body.size());
}

template <typename Message, typename Variant>
concept is_one_of = std::constructible_from<Variant, Message>;

struct Cost {
  std::int64_t operator()(const core::Pull&) const { return kPieceCost; }
  std::int64_t operator()(const wire::SnapshotRequest& request) const {
    return request.transfer == 0 ? kSnapshotCost : kPieceCost;
  }
  std::int64_t operator()(const wire::Call&) const { return kQuestionCost; }
  std::int64_t operator()(const core::Changes&) const { return 0; }
  std::int64_t operator()(const core::Have&) const { return 0; }
  std::int64_t operator()(const core::Gone&) const { return 0; }
  std::int64_t operator()(const core::Absent&) const { return 0; }
  std::int64_t operator()(const core::SwimMessage&) const { return 0; }
  std::int64_t operator()(const is_one_of<core::CommitMessage> auto&) const { return 0; }
  std::int64_t operator()(const is_one_of<core::EpochMessage> auto&) const { return 0; }
  std::int64_t operator()(const wire::SnapshotOffer&) const { return 0; }
  std::int64_t operator()(const wire::SnapshotChunk&) const { return 0; }
  std::int64_t operator()(const wire::Answer&) const { return 0; }
};

}  // namespace

std::int64_t request_cost(const wire::Body& body) {
  return std::visit(Cost{}, body);
}

void ParkedRequests::park(NodeId node, wire::PeerMessage request) {
  Queue& queue = queues_[node];
  const std::size_t bytes = variable_bytes(request);
  if (queue.requests.size() >= kParkedRequestsMax || queue.bytes + bytes > kParkedBytesMax) {
    ++dropped_;
    return;
  }
  queue.bytes += bytes;
  queue.requests.push_back(std::move(request));
}

std::optional<wire::PeerMessage> ParkedRequests::next(NodeId node) {
  const auto found = queues_.find(node);
  if (found == queues_.end() || found->second.requests.empty()) return std::nullopt;
  Queue& queue = found->second;
  wire::PeerMessage request = std::move(queue.requests.front());
  queue.requests.pop_front();
  queue.bytes -= variable_bytes(request);
  if (queue.requests.empty()) queues_.erase(found);
  return request;
}

}  // namespace murmel::service
