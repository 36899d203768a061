// Epochs: asking to be taken in or out, and being asked.
#include <algorithm>
#include <utility>

#include "agent/core/epoch_impl.h"

namespace murmel::core {

bool Epochs::Impl::wants_in() const {
  if (!join_role_ || !state_.head || banned_in(*state_.head, options_.uuid)) return false;
  const EpochMember* me = member_of(*state_.head, options_.uuid, options_.self);
  return me == nullptr;
}

// One voter after the other, so that not several propose the same. 0: none can be reached.
NodeId Epochs::Impl::next_voter() {
  std::vector<NodeId> voters;
  for (const EpochMember& member : state_.head->members) {
    if (member.role != EpochRole::kReplica && linked(member)) voters.push_back(member.node);
  }
  if (voters.empty()) return 0;
  auto next = std::upper_bound(voters.begin(), voters.end(), asked_last_);
  if (next == voters.end()) next = voters.begin();
  asked_last_ = *next;
  return asked_last_;
}

void Epochs::Impl::ask_to_join() {
  ask_at_ = kNever;
  if (!join_role_) return;
  ask_at_ = time_.now + ask_pause_ + jitter(ask_pause_);
  if (!wants_in()) {
    ask_pause_ = options_.ask_interval;
    return;
  }
  const NodeId voter = next_voter();
  if (voter == 0) return;
  send(voter, EpochAsk{{EpochChangeKind::kAdd, options_.uuid, options_.self, *join_role_}});
  ask_pause_ = std::min(ask_pause_ * 2, options_.ask_interval_max);
}

// The first request, if it is that this node, which has no vote, leaves: a voter has to propose that. It is
// done when a record comes without this node.
bool Epochs::Impl::asks_to_leave() {
  const EpochChange change = requests_.front().changes.front();
  if (change.kind != EpochChangeKind::kLeave || change.node != options_.self) return false;
  if (member_of(*state_.head, options_.uuid, options_.self) == nullptr) {
    end_request(EpochOutcome::kDone, "");
    return true;
  }
  begin_at_ = time_.now + options_.ask_interval;
  if (const NodeId voter = next_voter(); voter != 0) send(voter, EpochAsk{change});
  return true;
}

void Epochs::Impl::on_message(NodeId node, EpochAsk& message) {
  const EpochChange& change = message.change;
  const auto peer = up_.find(node);
  const bool kind = change.kind == EpochChangeKind::kAdd || change.kind == EpochChangeKind::kLeave;
  if (!kind || change.node != node || peer == up_.end() || change.uuid != peer->second) return;
  if (!self_votes()) return send(node, EpochAnswer{false, "this node does not vote"});
  if (change.kind == EpochChangeKind::kAdd && !options_.admit) {
    return send(node, EpochAnswer{false, "the cluster takes in nobody by itself; `murmel members add` does"});
  }
  const bool pending = std::any_of(requests_.begin(), requests_.end(), [&](const Request& r) {
    return r.asker == node && r.changes.front() == change;
  });
  if (pending) return;
  requests_.push_back({{change}, time_.now + options_.change_timeout, {}, node});
  begin_next();
}

void Epochs::Impl::on_message(NodeId node, EpochAnswer& message) {
  if (message.ok || message.text == last_report_) return;
  last_report_ = message.text;
  effects_->report.push_back("node " + std::to_string(node) + " did not take this node in: " + message.text);
}

}  // namespace murmel::core
