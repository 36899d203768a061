// Epochs: what a voter answers to a proposer.
#include <utility>

#include "agent/core/epoch_impl.h"

namespace murmel::core {
namespace {

constexpr std::size_t kQuestionsMax = 64;  // to the host, about holding

}  // namespace

// The proposer lives: it has time, but not for ever, since it may hear nothing of what it is told.
void Epochs::Impl::heard_of(const Ballot& ballot) {
  if (ballot != state_.promised) return;
  if (fence_since_ == kNever) fence_since_ = time_.now;
  const Duration patience = options_.recovery_timeout + jitter(options_.recovery_timeout);
  recover_at_ = std::min(time_.now + patience, fence_since_ + options_.drain_timeout * 2 + patience);
}

void Epochs::Impl::promise(const Ballot& ballot) {
  if (ballot <= state_.promised) return;
  if (!has_promised()) effects_->fence = true;
  if (attempt_.stage > Stage::kAsking && attempt_.ballot != ballot) step_back(ballot);
  state_.promised = ballot;
  highest_round_ = std::max(highest_round_, ballot.round);
  write();
  fence_since_ = kNever;
}

void Epochs::Impl::on_message(NodeId node, EpochFence& message) {
  if (!next(node, message.cluster_id, message.number) || !self_votes() || !from_member(node, *state_.head))
    return;
  if (message.ballot < state_.promised || message.ballot.round == 0) {
    EpochFenced answer{message.cluster_id, message.number, message.ballot, false, state_.promised, {}, {}};
    return send(node, std::move(answer));
  }
  promise(message.ballot);
  heard_of(message.ballot);
  known_for_ = {node, message.ballot};
  known_question_ = ++last_question_;
  effects_->ask_known = known_question_;
}

void Epochs::Impl::tell_known(const Tips& known) {
  const auto [node, ballot] = *known_for_;
  known_for_.reset();
  if (ballot != state_.promised) return;  // a higher one came first
  EpochFenced answer{
      state_.head->cluster_id, state_.head->number + 1, ballot, true, {}, state_.accepted, known};
  send_durably(node, std::move(answer));
}

// A voter to be may not have heard of the cluster's records yet.
void Epochs::Impl::on_message(NodeId node, EpochDrain& message) {
  if (!ours(message.cluster_id)) return;
  if (state_.head && message.number <= state_.head->number) return tell_head(node);
  const bool draining = message.ballot.round > 0 && state_.head && message.number == state_.head->number + 1;
  if (draining && self_votes()) {
    effects_->drain = message.tips;
    heard_of(message.ballot);
  }
  if (held_questions_.size() >= kQuestionsMax) held_questions_.erase(held_questions_.begin());
  const std::uint64_t question = ++last_question_;
  held_questions_[question] = {node, {message.cluster_id, message.number, message.ballot}};
  effects_->ask_held.push_back({question, std::move(message.tips)});
}

void Epochs::Impl::on_message(NodeId node, EpochAccept& message) {
  const EpochProposal& proposal = message.proposal;
  const Uuid cluster_id = proposal.record.cluster_id;
  const std::uint64_t number = proposal.record.number;
  if (!next(node, cluster_id, number) || !self_votes() || !from_member(node, *state_.head)) return;
  EpochAccepted answer{cluster_id, number, proposal.ballot, proposal.ballot >= state_.promised,
                       state_.promised};
  if (!answer.ok) return send(node, answer);
  promise(proposal.ballot);
  heard_of(proposal.ballot);
  if (state_.accepted != proposal) {
    state_.accepted = proposal;
    write();
  }
  send_durably(node, answer);
}

}  // namespace murmel::core
